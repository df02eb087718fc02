//! The rules of a store, in both modes.

mod named {
    use goals_pg::StatementMode::Named;

    mod goals {
        goals_core::conformance_suite!(goals, crate::database::store(super::Named));
    }
    mod accounts {
        goals_core::conformance_suite!(accounts, crate::database::store(super::Named));
    }
    mod api_tokens {
        goals_core::conformance_suite!(api_tokens, crate::database::store(super::Named));
    }
    mod limiter {
        goals_core::conformance_suite!(limiter, crate::database::store(super::Named));
    }
    mod links {
        goals_core::conformance_suite!(links, crate::database::store(super::Named));
    }
    mod second_factors {
        goals_core::conformance_suite!(second_factors, crate::database::store(super::Named));
    }
}

mod unnamed {
    use goals_pg::StatementMode::Unnamed;

    mod goals {
        goals_core::conformance_suite!(goals, crate::database::store(super::Unnamed));
    }
    mod accounts {
        goals_core::conformance_suite!(accounts, crate::database::store(super::Unnamed));
    }
    mod api_tokens {
        goals_core::conformance_suite!(api_tokens, crate::database::store(super::Unnamed));
    }
    mod limiter {
        goals_core::conformance_suite!(limiter, crate::database::store(super::Unnamed));
    }
    mod links {
        goals_core::conformance_suite!(links, crate::database::store(super::Unnamed));
    }
    mod second_factors {
        goals_core::conformance_suite!(second_factors, crate::database::store(super::Unnamed));
    }
}
