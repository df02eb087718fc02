//! Counts and times of requests, for whichever recorder the program has installed.

use std::time::Duration;

use ::metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use http::StatusCode;

use crate::routes::Route;

const REQUESTS: &str = "goals_http_requests_total";
const SECONDS: &str = "goals_http_request_duration_seconds";

/// Tells the recorder what the numbers are.
pub(crate) fn describe() {
    describe_counter!(REQUESTS, Unit::Count, "Requests that were answered.");
    describe_histogram!(SECONDS, Unit::Seconds, "From the head of a request to its answer.");
}

/// Counts an answer. Labels are words of the table alone: what strangers make up makes no series.
pub(crate) fn answered(route: Option<&Route>, status: StatusCode, took: Duration) {
    let (method, path) = route.map_or(("", ""), |route| (route.method.as_str(), route.path));
    let method = method.to_owned();
    counter!(REQUESTS, "method" => method.clone(), "route" => path, "status" => status.as_str().to_owned())
        .increment(1);
    histogram!(SECONDS, "method" => method, "route" => path).record(took);
}
