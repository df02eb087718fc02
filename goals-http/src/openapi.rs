//! What can be asked, as an `OpenAPI` 3.1 document.
//!
//! Functions that are never called carry the words and the shapes; what is served, who may ask and
//! what every refusal looks like is taken from the route table.

mod check_ins;
pub(crate) mod choices;
mod paths;
pub(crate) mod schemas;
mod table;
mod views;

use bytes::Bytes;
use goals_core::IDEMPOTENCY_KEY_MAX;
use http::Method;
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, Response, Server};

use crate::routes::{Access, Parts};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Goals",
        description = "People and their goals. Every refusal is a problem (RFC 9457); validation names all fields at once.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        paths::register,
        paths::me,
        paths::update_me,
        paths::delete_me,
        paths::limits,
        paths::change_password,
        paths::log_in,
        paths::refresh,
        paths::sessions,
        paths::end_session,
        paths::log_out,
        paths::end_all_sessions,
        paths::who_am_i,
        paths::api_tokens,
        paths::create_api_token,
        paths::revoke_api_token,
        paths::request_reset,
        paths::reset,
        paths::request_verification,
        paths::verify,
        paths::enrol_second_factor,
        paths::confirm_second_factor,
        paths::remove_second_factor,
        paths::list_goals,
        paths::create_goal,
        paths::bulk_goals,
        table::export,
        table::import,
        paths::get_goal,
        paths::update_goal,
        paths::delete_goal,
        paths::restore_goal,
        paths::purge_goal,
        paths::history,
        paths::undo,
        paths::changes,
        paths::events,
        views::list_views,
        views::create_view,
        views::update_view,
        views::delete_view,
        check_ins::list,
        check_ins::create,
        check_ins::get,
        check_ins::update,
        check_ins::delete,
        check_ins::pace,
        check_ins::simulate,
        check_ins::stats,
        paths::meta,
        paths::openapi,
        paths::keys,
        paths::alive,
        paths::ready,
        paths::metrics,
    ),
    components(schemas(schemas::Problem, schemas::FieldProblem))
)]
struct Document;

/// What takes the place of accounts where the host has users of its own.
#[derive(utoipa::OpenApi)]
#[openapi(paths(paths::who_is_here))]
struct OwnUsers;

/// The document of an API with these parts, mounted under `base`. `cookie` is the name of ours.
pub(crate) fn document(parts: Parts, base: &str, cookie: &'static str) -> Result<Bytes, serde_json::Error> {
    let mut document = Document::openapi();
    if !base.is_empty() {
        document.servers = Some(vec![Server::new(base)]);
    }
    let components = document.components.get_or_insert_default();
    if parts.accounts {
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        let mut script = Http::new(HttpAuthScheme::Bearer);
        script.description = Some("An API token of a script, as far as its scope goes.".to_owned());
        components.add_security_scheme("api_token", SecurityScheme::Http(script));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie))));
    } else {
        document.paths.paths.remove("/api/v1/session");
        document.merge(OwnUsers::openapi());
    }
    keep_what_is_served(&mut document, parts);
    tell_what_the_table_says(&mut document, parts);
    forget_what_nobody_names(&mut document)?;
    document.to_json().map(Bytes::from)
}

fn keep_what_is_served(document: &mut OpenApi, parts: Parts) {
    document.paths.paths.retain(|path, item| {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            if !parts.routes().any(|route| route.path == path && route.method == method) {
                operation(item, &method).take();
            }
        }
        *item != PathItem::default()
    });
}

/// Adds to every operation what the route table knows about it.
fn tell_what_the_table_says(document: &mut OpenApi, parts: Parts) {
    let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    let mut refused = Response::new("Why not, as a problem.");
    refused.content.insert("application/problem+json".to_owned(), problem.into());
    let components = document.components.get_or_insert_default();
    components.responses.insert("Refused".to_owned(), refused.into());
    for route in parts.routes() {
        let item = document.paths.paths.get_mut(route.path);
        let Some(operation) = item.and_then(|item| operation(item, &route.method).as_mut()) else { continue };
        let refused = Ref::from_response_name("Refused");
        operation.responses.responses.insert("default".to_owned(), refused.into());
        if route.once {
            operation.parameters.get_or_insert_default().push(idempotency_key().into());
        }
        let anybody = vec![need("bearer"), need("cookie"), need("api_token")];
        operation.security = match route.access {
            // How the host's users prove who they are, the host alone knows.
            _ if !parts.accounts => None,
            Access::Open => None,
            Access::Known => Some([vec![SecurityRequirement::default()], anybody].concat()),
            Access::SignedIn => Some(anybody),
            Access::Session => Some(vec![need("bearer"), need("cookie")]),
        };
    }
}

/// Takes away the shapes of operations that are not served, and what those alone were made of.
fn forget_what_nobody_names(document: &mut OpenApi) -> Result<(), serde_json::Error> {
    loop {
        let text = document.to_json()?;
        let schemas = &mut document.components.get_or_insert_default().schemas;
        let count = schemas.len();
        schemas.retain(|name, _| text.contains(&format!("\"#/components/schemas/{name}\"")));
        if schemas.len() == count {
            return Ok(());
        }
    }
}

fn idempotency_key() -> Parameter {
    let words = "The client's own name for what is to be made: sent again within 24 hours with the same body, it \
        makes nothing and gets the first answer, with `Idempotency-Replayed: true`.";
    let shape = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(IDEMPOTENCY_KEY_MAX))
        .pattern(Some("^[!-~]+$"));
    let parameter = ParameterBuilder::new().name("Idempotency-Key").parameter_in(ParameterIn::Header);
    parameter.required(Required::False).description(Some(words)).schema(Some(shape)).build()
}

fn need(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, Vec::<String>::new())
}

fn operation<'a>(item: &'a mut PathItem, method: &Method) -> &'a mut Option<Operation> {
    match *method {
        Method::POST => &mut item.post,
        Method::PUT => &mut item.put,
        Method::PATCH => &mut item.patch,
        Method::DELETE => &mut item.delete,
        _ => &mut item.get,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::routes::Body;

    const ALL: Parts = Parts { accounts: true, page: true, docs: true, metrics: true };

    #[test]
    fn the_document_and_the_table_say_the_same() {
        for parts in [ALL, Parts { accounts: false, ..ALL }, Parts { page: false, docs: false, metrics: false, ..ALL }]
        {
            let document: Value = serde_json::from_slice(&document(parts, "", "cookie").unwrap()).unwrap();
            let mut described = BTreeSet::new();
            for (path, item) in document["paths"].as_object().unwrap() {
                described
                    .extend(item.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
            }
            let routes = || parts.routes().filter(|route| !["/", "/assets/{*path}"].contains(&route.path));
            let table: BTreeSet<_> = routes().map(|route| format!("{} {}", route.method, route.path)).collect();
            assert_eq!(described, table);
            for route in routes() {
                let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
                assert_eq!(operation["requestBody"].is_object(), route.body != Body::None, "{}", route.path);
                let is_closed = parts.accounts && route.access != Access::Open;
                assert_eq!(operation["security"].is_array(), is_closed, "{}", route.path);
                let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
                let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
                let query: Vec<_> = query.map(|parameter| parameter["name"].as_str().unwrap()).collect();
                assert_eq!(query, route.query, "{}", route.path);
            }
        }
    }
}
