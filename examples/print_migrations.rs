//! The schema as SQL, for a tool that runs a program's migrations already:
//! `cargo run --example print_migrations`, or with `-- 2 3` what comes after step 2 up to step 3.
//!
//! What is printed is the content of one migration of refinery, sqlx or dbmate; the README of
//! goals-pg shows each of them.

use std::process::ExitCode;

use goals_pg::{Migrations, Schema};

fn main() -> ExitCode {
    let numbers: Result<Vec<i32>, _> = std::env::args().skip(1).map(|number| number.parse()).collect();
    let (from, to) = match numbers.as_deref() {
        Ok([]) => (0, i32::MAX),
        Ok([from, to]) => (*from, *to),
        _ => {
            eprintln!("usage: print_migrations [FROM TO]");
            return ExitCode::from(2);
        }
    };
    // `Migrations::all` for a program whose people have accounts here.
    print!("{}", Migrations::goals_only(&Schema::default()).sql(from, to));
    ExitCode::SUCCESS
}
