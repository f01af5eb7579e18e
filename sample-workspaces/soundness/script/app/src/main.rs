//! Prints what was built into its library.

fn main() {
    println!("app: {}", value::line());
}
