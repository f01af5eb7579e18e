//! Unstable features of Cargo that scenarios use, beside the toolchains that jobs are built with.
//! Owns the refusal of a toolchain that has none: it would ignore the variable, and the scenario
//! would be measured as another. It must not start a process.

use lukewarm_model::{Plan, Scenario, Toolchain, WorkspaceName};

use crate::error::RunnerError;
use crate::prepare::workspace::PreparedWorkspace;

/// Checks that the toolchains of a workspace have what the plan's scenarios use.
///
/// # Errors
/// Names the scenario, the feature and the toolchain, and what would be right.
pub fn check(
    plan: &Plan,
    workspace: &WorkspaceName,
    prepared: &PreparedWorkspace,
) -> Result<(), RunnerError> {
    let commands = &plan.commands;
    let names_each = !commands.is_empty() && commands.iter().all(|it| it.toolchain.is_some());
    let own = [Some(&prepared.toolchain), prepared.second_toolchain.as_ref()];
    let own = own.into_iter().flatten().filter(|_| !names_each);
    let used = own.chain(prepared.named_toolchains.values()).map(|it| &it.identity);
    refusal(&plan.scenarios, workspace, used).map_or(Ok(()), |why| Err(RunnerError::Input(why)))
}

/// Why a scenario cannot be measured with one of some toolchains; none where each can be.
fn refusal<'t>(
    scenarios: &[Scenario],
    workspace: &WorkspaceName,
    mut toolchains: impl Iterator<Item = &'t Toolchain>,
) -> Option<String> {
    let scenario = scenarios.iter().find(|it| !it.unstable.is_empty())?;
    let toolchain = toolchains.find(|it| !is_nightly(&it.cargo))?;
    let features: Vec<String> = scenario.unstable.iter().map(|it| format!("`{it}`")).collect();
    let (features, name, cargo) = (features.join(" and "), &scenario.name, &toolchain.cargo);
    Some(format!(
        "scenario `{name}` needs a nightly toolchain for {features}, and {workspace} is built with \
         {cargo}: name one for all scenarios, as in `lukewarm run none {name} -- +nightly build \
         --workspace`"
    ))
}

/// Whether a line such as `cargo 1.97.0-nightly (4d1f98451 2026-05-15)` is of a toolchain with
/// unstable features.
fn is_nightly(cargo: &str) -> bool {
    let version = cargo.split_whitespace().nth(1).unwrap_or_default();
    version.ends_with("-nightly") || version.ends_with("-dev")
}

#[cfg(test)]
mod tests {
    use lukewarm_model::UnstableFeature;

    use super::*;

    #[test]
    fn a_toolchain_that_would_ignore_a_feature_is_refused() {
        let of = |version: &str| Toolchain {
            rustc: format!("rustc {version}"),
            cargo: format!("cargo {version}"),
            ..Toolchain::default()
        };
        let (stable, nightly) = (of("1.95.0 (f2d3ce0bd 2026-03-21)"), of("1.97.0-nightly"));
        let plain = lukewarm_testing::scenario("plain", "none");
        let unstable = vec![UnstableFeature::ChecksumFreshness];
        let fresh = Scenario { unstable, ..lukewarm_testing::scenario("fresh", "none") };
        let said = |scenarios: &[Scenario], toolchains: &[&Toolchain]| {
            refusal(scenarios, &"ws".into(), toolchains.iter().copied())
        };
        assert_eq!(said(std::slice::from_ref(&plain), &[&stable]), None);
        assert_eq!(said(&[plain.clone(), fresh.clone()], &[&nightly]), None);
        let why = said(&[plain, fresh], &[&nightly, &stable]).unwrap();
        let wanted = "scenario `fresh` needs a nightly toolchain for `checksum-freshness`, and ws \
                      is built with cargo 1.95.0 (f2d3ce0bd 2026-03-21)";
        assert!(why.starts_with(wanted), "{why}");
    }

    #[test]
    fn only_nightly_has_unstable_features() {
        assert!(is_nightly("cargo 1.97.0-nightly (4d1f98451 2026-05-15)"));
        assert!(is_nightly("cargo 1.97.0-dev"));
        for stable in ["cargo 1.95.0 (f2d3ce0bd 2026-03-21)", "cargo 1.96.0-beta.2", "cargo", ""] {
            assert!(!is_nightly(stable), "{stable}");
        }
    }
}
