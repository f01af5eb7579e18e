//! The SDK of AWS for Python: what an application does with S3, in `s3_application.py`.

use std::path::Path;

use lukewarm_model::{Access, Limits, Network, Operation, ServiceKind};
use lukewarm_testing::Tried;

use crate::common::house;
use crate::machine::{clients, find, run};

pub fn boto3_speaks_s3() -> Tried {
    let python = find("python3")?;
    find("boto3/boto3/__init__.py")?;
    let house = house(ServiceKind::named("s3"), Network::unlimited(), Limits::default());
    let endpoint = house.service.endpoint();
    let Access::Keys { bucket, region, access_key, secret_key } = &endpoint.access else {
        panic!("{endpoint:?}");
    };
    let place = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/s3_application.py");
    run(&python, place.path())
        .env("PYTHONPATH", clients().join("boto3").display())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .folder(place.path())
        .args([script.display().to_string(), endpoint.url.clone()])
        .args([bucket, region, access_key, secret_key])
        .must();
    let ledger = house.ledger();
    assert!(ledger.iter().all(|it| it.status != 0 && it.status < 500), "{ledger:?}");
    let large = ledger.iter().filter(|it| it.key == "large" && it.operation == Operation::Write);
    assert_eq!(large.count(), 3, "12 MiB in parts of 5 MiB");
    Ok(())
}
