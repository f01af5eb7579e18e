//! A predicate in a claim's file: a quantity, what it is divided by, what it must be, and the
//! figure that was claimed for it. It must not decide whether it holds.

use lukewarm_model::{Bound, ClaimedSize, Experiment, Observed, Predicate};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::document::Table;
use crate::error::GrammarError;
use crate::forms::{Filled, Tolerance, Written};
use crate::grammar::observed;
use crate::problem::unknown;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PredicateTable {
    /// A phrase that names the quantity.
    says: Filled,
    /// The experiment that it tests, by name. Left out: the claim's only one
    experiment: Option<String>,
    /// `METRIC SCENARIO JOB`, or `METRIC:STEP SCENARIO JOB`; in a sweep the scenario without its
    /// setting.
    value: Filled,
    /// The divisor, written in the same way; ratios are paired within iterations. Left out: the
    /// value is not divided
    over: Option<String>,
    /// The number that the value must be. Left out: no such bound
    exactly: Option<f64>,
    /// The smallest allowed value. Left out: no such bound
    at_least: Option<f64>,
    /// The largest allowed value. Without any bound the value is shown and decides nothing. Left
    /// out: no such bound
    at_most: Option<f64>,
    /// The claimed figure, as it was published. Left out: nothing
    claimed: Option<String>,
    /// The claimed figure as a number above 0 in the unit of the value, for the picture of all
    /// claims. Left out: none
    figure: Option<f64>,
    /// How far off the figure a measured value may be for the claimed *size* to be reproduced, in
    /// either direction: `25%` allows four fifths to five fourths of it. Left out: the size is not
    /// judged
    within: Option<Written<Tolerance>>,
    /// The condition that the predicate covers: a claim that holds under some conditions and not
    /// under others *depends*. Left out: one condition
    when: Option<String>,
}

/// An experiment, and the names that predicates may use in it.
pub struct KnownExperiment {
    pub experiment: Experiment,
    pub scenarios: Vec<String>,
}

impl PredicateTable {
    /// The predicate; what does not go together or is not known is noted.
    pub fn predicate(self, known: &[KnownExperiment], table: Table<'_>) -> Option<Predicate> {
        let found = self.known_experiment(known, table);
        let quantity = |key: &str, text: &str| {
            let known = found.filter(|_| table.is_right(key))?;
            let problem = |error: GrammarError| {
                table.problem(key, format!("`{key} = \"{text}\"`: {error}"));
            };
            observed(text, &known.scenarios, &known.experiment.story).map_err(problem).ok()
        };
        let value = quantity("value", &self.value.0);
        let over = self.over.as_ref().map(|text| quantity("over", text));
        let bound = self.bound(table);
        if let (Some(Observed { metric, .. }), None, false) = (&value, &over, bound.is_open())
            && metric.is_noisy()
        {
            let what = format!(
                "`{metric}` differs from machine to machine: compare it with another, by `over`, \
                 or leave the bound out to show it"
            );
            table.problem("value", what);
        }
        let size = self.size(table);
        let experiment = found?.experiment.name.clone();
        let PredicateTable { says, claimed, when, .. } = self;
        let over = match over {
            Some(over) => Some(over?),
            None => None,
        };
        let value = value?;
        Some(Predicate { says: says.0, experiment, value, over, bound, claimed, size, when })
    }

    /// The claimed figure as a number.
    fn size(&self, table: Table<'_>) -> Option<ClaimedSize> {
        let within = self.within.as_ref().and_then(|it| it.0.0);
        match self.figure {
            Some(figure) if figure > 0.0 => Some(ClaimedSize { figure, within }),
            Some(figure) => {
                table.problem("figure", format!("`figure = {figure}` must be above 0"));
                None
            }
            None => {
                if self.within.is_some() {
                    table.problem("within", "`within` needs a `figure`");
                }
                None
            }
        }
    }

    fn known_experiment<'k>(
        &self,
        known: &'k [KnownExperiment],
        table: Table<'_>,
    ) -> Option<&'k KnownExperiment> {
        match (&self.experiment, known) {
            (None, [only]) => Some(only),
            (None, [_, _, ..]) => {
                let what = "`experiment` is missing: the claim has several";
                table.problem("experiment", what);
                None
            }
            (Some(name), known) => {
                let found = known.iter().find(|it| it.experiment.name == *name);
                if found.is_none() {
                    let names = known.iter().map(|it| it.experiment.name.as_str());
                    table.problem("experiment", unknown("experiment", name, names));
                }
                found
            }
            (None, []) => None,
        }
    }

    /// `exactly`, or `at-least` and `at-most`.
    fn bound(&self, table: Table<'_>) -> Bound {
        let (exactly, at_least, at_most) = (self.exactly, self.at_least, self.at_most);
        if exactly.is_some() && (at_least.is_some() || at_most.is_some()) {
            table.problem("exactly", "`exactly` excludes `at-least` and `at-most`");
        }
        if at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
            table.problem("at-least", "`at-least` is more than `at-most`");
        }
        Bound { at_least: exactly.or(at_least), at_most: exactly.or(at_most) }
    }
}
