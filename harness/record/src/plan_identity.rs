//! Whether two plans measure the same: a digest for files that are far apart, and what differs
//! where they are not. Owns which of a plan's fields say what is measured, and which only how long.

use lukewarm_model::{Difference, Origin, Plan};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::RecordError;
use lukewarm_wire::v1;

/// The fields that say how long something is measured, and not what.
const LENGTH: [&str; 4] = ["iterations", "stopping", "allocation", "budget"];

/// How much of a text is shown where it differs, in characters.
const SHOWN: usize = 60;

/// SHA-256 over what a plan measures, in hexadecimal: how often is no part of it, nor where on a
/// machine the user's own workspaces lie.
///
/// # Errors
/// None that a plan can cause: it would be a bug.
pub fn plan_digest(plan: &Plan) -> Result<String, RecordError> {
    let mut value = value(plan)?;
    if let Value::Object(fields) = &mut value {
        LENGTH.iter().for_each(|field| drop(fields.remove(*field)));
    }
    Ok(hex::encode(Sha256::digest(value.to_string())))
}

/// What differs in what two plans measure, of the second as the one that came first.
///
/// # Errors
/// None that a plan can cause: it would be a bug.
pub fn plan_differences(is: &Plan, was: &Plan) -> Result<Vec<Difference>, RecordError> {
    differences(is, was, |field| !LENGTH.contains(&field))
}

/// What differs in how long two plans measure, likewise.
///
/// # Errors
/// None that a plan can cause: it would be a bug.
pub fn length_differences(is: &Plan, was: &Plan) -> Result<Vec<Difference>, RecordError> {
    differences(is, was, |field| LENGTH.contains(&field))
}

fn differences(
    is: &Plan,
    was: &Plan,
    counts: impl Fn(&str) -> bool,
) -> Result<Vec<Difference>, RecordError> {
    let (is, was) = (value(is)?, value(was)?);
    let mut found = Vec::new();
    let (Value::Object(is), Value::Object(was)) = (&is, &was) else { return Ok(found) };
    for field in is.keys().chain(was.keys().filter(|it| !is.contains_key(*it))) {
        if counts(field) {
            compare(field, is.get(field), was.get(field), &mut found);
        }
    }
    Ok(found)
}

/// A plan as it is recorded, without the places of the user's workspaces.
fn value(plan: &Plan) -> Result<Value, RecordError> {
    let mut plan = plan.clone();
    for workspace in plan.workspaces.iter_mut().filter(|it| it.origin == Origin::Foreign) {
        workspace.folder = "~".into();
    }
    serde_json::to_value(v1::Plan::from(plan))
        .map_err(|source| RecordError::Wording { what: "a plan".to_owned(), source: source.into() })
}

fn compare(path: &str, is: Option<&Value>, was: Option<&Value>, found: &mut Vec<Difference>) {
    match (is, was) {
        (Some(Value::Object(is)), Some(Value::Object(was))) => {
            for key in is.keys().chain(was.keys().filter(|key| !is.contains_key(*key))) {
                compare(&format!("{path}.{key}"), is.get(key), was.get(key), found);
            }
        }
        (Some(Value::Array(is)), Some(Value::Array(was))) if is.len() == was.len() => {
            for (place, (is, was)) in is.iter().zip(was).enumerate() {
                let label = name(is).filter(|_| name(is) == name(was));
                let label = label.map_or_else(|| (place + 1).to_string(), str::to_owned);
                compare(&format!("{path}[{label}]"), Some(is), Some(was), found);
            }
        }
        _ => found.extend(Difference::between(path, shown(is), shown(was))),
    }
}

fn name(value: &Value) -> Option<&str> {
    ["name", "id"].iter().find_map(|key| value.get(key)).and_then(Value::as_str)
}

/// A value in few words.
fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => "absent".to_owned(),
        Some(Value::String(text)) => format!("`{text}`"),
        Some(Value::Array(list)) => {
            let names: Vec<String> = list
                .iter()
                .map(|it| name(it).map_or_else(|| it.to_string(), str::to_owned))
                .collect();
            format!("[{}]", names.join(", "))
        }
        Some(other) => other.to_string(),
    };
    match text.chars().count() > SHOWN {
        true => text.chars().take(SHOWN).chain(['…']).collect(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Seconds, Stopping};
    use lukewarm_testing::plan;

    use super::*;

    #[test]
    fn plans_that_measure_the_same_for_another_time_have_one_digest() {
        let short = plan(&["none", "sccache"], &["cold", "unchanged"], 4);
        let long = Plan {
            iterations: 9,
            budget: Some(Seconds(60.0)),
            stopping: Stopping::Sequential { looks: vec![4, 9] },
            ..short.clone()
        };
        assert_eq!(plan_digest(&short).unwrap(), plan_digest(&long).unwrap());
        assert!(plan_differences(&short, &long).unwrap().is_empty());
        let lengths = length_differences(&short, &long).unwrap();
        let wanted = "iterations was 9 and is 4";
        assert!(lengths.iter().any(|it| it.to_string() == wanted), "{lengths:?}");
        assert_eq!(lengths.len(), 3);
    }

    #[test]
    fn what_differs_is_named_with_its_place() {
        let was = plan(&["none", "sccache"], &["cold", "unchanged"], 4);
        let said = |is: &Plan| {
            assert_ne!(plan_digest(is).unwrap(), plan_digest(&was).unwrap());
            let found = plan_differences(is, &was).unwrap();
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let seed = Plan { seed: 99, ..was.clone() };
        assert_eq!(said(&seed), [format!("seed was {} and is 99", was.seed)]);
        let mut version = was.clone();
        version.scenarios[1].tool.version = Some("0.9.0".to_owned());
        let wanted = "scenarios[sccache].tool.version was absent and is `0.9.0`";
        assert_eq!(said(&version), [wanted]);
        let fewer = plan(&["none"], &["cold", "unchanged"], 4);
        let found = said(&fewer);
        let wanted = "scenarios was [none, sccache] and is [none]";
        assert!(found.iter().any(|it| it == wanted), "{found:?}");
    }

    #[test]
    fn where_the_users_workspace_lies_is_no_difference() {
        let mut was = plan(&["none"], &["cold"], 1);
        was.workspaces[0].origin = Origin::Foreign;
        let mut is = was.clone();
        (was.workspaces[0].folder, is.workspaces[0].folder) = ("/a".into(), "/b".into());
        assert_eq!(plan_digest(&is).unwrap(), plan_digest(&was).unwrap());
    }
}
