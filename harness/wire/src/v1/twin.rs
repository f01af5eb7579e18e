//! What records of earlier versions leave unsaid, found out once where they are read.
//! Owns these rules alone; a record of this version says everything itself.

use lukewarm_model::{Plan, Scenario};

/// Names the scenario that is the reference once more (A/A) in a plan that does not name it: it
/// has all that the reference has but the name and the title.
pub fn name_twin(plan: &mut Plan) {
    let (None, Some(name)) = (&plan.twin, &plan.reference) else { return };
    let Some(reference) = plan.scenarios.iter().find(|it| it.name == *name) else { return };
    let is_twin = |it: &&Scenario| {
        let (name, title) = (reference.name.clone(), reference.title.clone());
        it.name != reference.name && Scenario { name, title, ..(*it).clone() } == *reference
    };
    plan.twin = plan.scenarios.iter().find(is_twin).map(|it| it.name.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twin_that_a_plan_does_not_name_is_known_by_its_content() {
        let mut plan = lukewarm_testing::plan(&["none", "none-again", "other"], &["cold"], 1);
        plan.scenarios[1].title = "none, once more".to_owned();
        plan.scenarios[2].essay = "Another.".to_owned();
        let twin = |plan: &Plan| {
            let mut plan = plan.clone();
            name_twin(&mut plan);
            plan.twin
        };
        assert_eq!(twin(&plan), None, "of no reference");
        plan.reference = Some("none".into());
        assert_eq!(twin(&plan), Some("none-again".into()));
        let named = Plan { twin: Some("other".into()), ..plan.clone() };
        assert_eq!(twin(&named), Some("other".into()), "a plan that names it knows better");
        plan.scenarios[1].essay = "Measured once more.".to_owned();
        assert_eq!(twin(&plan), None);
    }
}
