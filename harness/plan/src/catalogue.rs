//! Everything that can be selected: what the files of a project say, read and judged.
//! Owns plain data only; reading is `files`'.

use lukewarm_model::{
    Claim, Network, Prices, Priming, SampleWorkspace, Scenario, Seconds, Story, ToolDescription,
};

/// Every file of the project, each list in the order of names.
#[derive(Clone, Debug, PartialEq)]
pub struct Files {
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// The networks.
    pub networks: Vec<Network>,
    /// The stories.
    pub stories: Vec<Story>,
    /// The sample workspaces.
    pub workspaces: Vec<SampleWorkspace>,
    /// The variations of tests of soundness, each as a workspace.
    pub soundness: Vec<SampleWorkspace>,
    /// The pieces of the museum of published bugs, each as a workspace.
    pub museum: Vec<SampleWorkspace>,
    /// The claims, `d2` before `d10`.
    pub claims: Vec<Claim>,
    /// The presets: default, quick, full.
    pub presets: [PresetFile; 3],
    /// What CI costs; absent where no layer has the file.
    pub prices: Option<Prices>,
    /// The cache tools, as they describe themselves.
    pub tools: Vec<ToolDescription>,
    /// What of an overlay stands in the place of another file, in sentences without their end.
    pub replaced: Vec<String>,
}

/// A named set of defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// What a newcomer runs.
    #[default]
    Default,
    /// A first answer in a few minutes.
    Quick,
    /// For publication.
    Full,
}

/// What is run where nothing else is said.
#[derive(Clone, Debug, PartialEq)]
pub struct PresetFile {
    /// The scenarios, in the order of reports.
    pub scenarios: Vec<String>,
    /// The workspaces, in the order of reports.
    pub workspaces: Vec<String>,
    /// The story.
    pub story: String,
    /// How often everything is measured.
    pub length: Length,
    /// No further iteration starts that would not end within this time.
    pub budget: Option<Seconds>,
    /// How states are made.
    pub priming: Priming,
}

/// How often everything is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many iterations.
    Iterations(u32),
    /// Until comparisons are decided, which is looked at after so many iterations each.
    Looks(Vec<u32>),
}

impl Files {
    /// A preset, as its file has it.
    pub fn preset(&self, preset: Preset) -> &PresetFile {
        let [default, quick, full] = &self.presets;
        match preset {
            Preset::Default => default,
            Preset::Quick => quick,
            Preset::Full => full,
        }
    }
}
