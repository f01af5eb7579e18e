//! The example run of `analysis`, as findings: what the tests of this room tell and draw.

use std::path::Path;

use lukewarm_analysis::{Findings, analyse, measure};

pub fn findings() -> Findings {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../analysis/testdata/example");
    let record = lukewarm_record::read(&folder).expect("the example is readable");
    analyse(&record, &measure(&record))
}
