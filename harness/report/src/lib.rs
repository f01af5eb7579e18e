//! Findings become tables, charts and pages.
