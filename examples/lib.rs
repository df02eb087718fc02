//! Examples of using goals; run one with `cargo run --example NAME`.
