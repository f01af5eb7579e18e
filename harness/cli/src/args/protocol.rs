//! The protocols of a cache server as words of the command line.
//! Owns the syntax only; the list is the services'.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use lukewarm_cache_services::PROTOCOLS;
use lukewarm_model::ServiceKind;

/// A parser of the protocols that can be served, from their registry.
pub fn protocols() -> impl TypedValueParser<Value = ServiceKind> {
    let names = PROTOCOLS.iter().map(|it| PossibleValue::new(it.kind().name()).help(it.summary()));
    PossibleValuesParser::new(names).map(|name| {
        let found = PROTOCOLS.iter().map(|it| it.kind()).find(|kind| kind.name() == name);
        found.unwrap_or_else(|| ServiceKind::named(&name))
    })
}
