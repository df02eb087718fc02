//! Benchmarks of goals; run them with `cargo bench -p goals-benches`.
