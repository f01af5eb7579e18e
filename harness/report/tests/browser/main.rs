//! The page in a real browser: headless Chromium opens it, and axe-core looks at it.
//! `install.sh` gets both. Without them the tests say that they were left out, unless
//! `LUKEWARM_REQUIRE_CLIENTS=1` says that nothing may be missing.

mod chromium;
mod pages;
mod reading;
mod using;
