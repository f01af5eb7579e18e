//! The table of what real clients confirmed, made from the tests.
