//! Scenario, workspace, network and story files plus a selection become a plan.
