//! Sets a variable for the compiler.

fn main() {
    println!("cargo::rustc-env=FROM_SCRIPT=one");
}
