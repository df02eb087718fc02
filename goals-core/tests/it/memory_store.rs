//! The memory store keeps the rules of every repository, and the limiter of a process its own.

use std::future::{Ready, ready};
use std::sync::Arc;

use goals_core::{MemoryStore, ProcessLimiter};

fn new_store() -> Ready<(Arc<MemoryStore>, ())> {
    ready((Arc::new(MemoryStore::new()), ()))
}

mod goals {
    goals_core::conformance_suite!(goals, super::new_store());
}

mod limiter {
    use super::*;

    fn new_limiter() -> Ready<(Arc<ProcessLimiter>, ())> {
        ready((Arc::new(ProcessLimiter::new()), ()))
    }

    goals_core::conformance_suite!(limiter, new_limiter());
}

mod accounts {
    goals_core::conformance_suite!(accounts, super::new_store());
}

mod api_tokens {
    goals_core::conformance_suite!(api_tokens, super::new_store());
}

mod links {
    goals_core::conformance_suite!(links, super::new_store());
}

mod second_factors {
    goals_core::conformance_suite!(second_factors, super::new_store());
}
