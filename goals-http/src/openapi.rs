//! What can be asked, as an `OpenAPI` 3.1 document.
//!
//! Functions that are never called carry the words and the shapes; who may ask and what every
//! refusal looks like is taken from the route table.

pub(crate) mod choices;
mod paths;
mod schemas;

use bytes::Bytes;
use http::Method;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, Server};
use utoipa::{Modify, OpenApi as _};

use crate::routes::{Access, ROUTES};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Goals",
        description = "People and their goals. Every refusal is a problem (RFC 9457); validation names all fields at once.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        paths::register, paths::me, paths::update_me, paths::delete_me, paths::limits, paths::change_password,
        paths::log_in, paths::refresh, paths::sessions, paths::end_session, paths::log_out, paths::end_all_sessions,
        paths::who_am_i, paths::list_goals, paths::create_goal, paths::get_goal, paths::update_goal,
        paths::delete_goal, paths::restore_goal, paths::purge_goal, paths::meta, paths::openapi, paths::alive,
        paths::ready,
    ),
    components(schemas(schemas::Problem, schemas::FieldProblem)),
    modifiers(&TableTold),
)]
struct Document;

/// The document, with the server under `base`.
pub(crate) fn document(base: &str, cookie: &'static str) -> Result<Bytes, serde_json::Error> {
    let mut document = Document::openapi();
    if !base.is_empty() {
        document.servers = Some(vec![Server::new(base)]);
    }
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie))));
    document.to_json().map(Bytes::from)
}

/// Adds to every operation what the route table knows about it.
struct TableTold;

impl Modify for TableTold {
    fn modify(&self, document: &mut OpenApi) {
        let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
        let mut refused = Response::new("Why not, as a problem.");
        refused.content.insert("application/problem+json".to_owned(), problem.into());
        let components = document.components.get_or_insert_default();
        components.responses.insert("Refused".to_owned(), refused.into());
        for route in ROUTES {
            let item = document.paths.paths.get_mut(route.path);
            let Some(operation) = item.and_then(|item| operation(item, &route.method)) else { continue };
            let refused = Ref::from_response_name("Refused");
            operation.responses.responses.insert("default".to_owned(), refused.into());
            operation.security = match route.access {
                Access::Open => None,
                Access::Known => Some(vec![SecurityRequirement::default(), need("bearer"), need("cookie")]),
                Access::SignedIn => Some(vec![need("bearer"), need("cookie")]),
            };
        }
    }
}

fn need(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, Vec::<String>::new())
}

fn operation<'a>(item: &'a mut PathItem, method: &Method) -> Option<&'a mut Operation> {
    match *method {
        Method::GET => item.get.as_mut(),
        Method::POST => item.post.as_mut(),
        Method::PUT => item.put.as_mut(),
        Method::PATCH => item.patch.as_mut(),
        Method::DELETE => item.delete.as_mut(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_document_and_the_table_say_the_same() {
        let document: Value = serde_json::from_slice(&document("", "cookie").unwrap()).unwrap();
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            described
                .extend(item.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
        }
        let routes = || ROUTES.iter().filter(|route| !["/", "/assets/{*path}"].contains(&route.path));
        let table: BTreeSet<_> = routes().map(|route| format!("{} {}", route.method, route.path)).collect();
        assert_eq!(described, table);
        for route in routes() {
            let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
            assert_eq!(operation["requestBody"].is_object(), route.body, "{}", route.path);
            assert_eq!(operation["security"].is_array(), route.access != Access::Open, "{}", route.path);
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
            let query: Vec<_> = query.map(|parameter| parameter["name"].as_str().unwrap()).collect();
            assert_eq!(query, route.query, "{}", route.path);
        }
    }
}
