//! The web page, built in.
//!
//! `index.html` is asked for again on every visit; everything else lies under a path that names
//! its content, so a browser that has it never asks again.

use std::sync::LazyLock;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue};
use sha2::{Digest as _, Sha256};

use crate::packed::Packed;
use crate::problem::{Code, Problem};
use crate::reply::Reply;

macro_rules! assets {
    ($($path:literal)+) => {
        /// Every file of the page, by its path in `web/`.
        pub(crate) const ASSETS: &[(&str, &[u8])] = &[$(($path, include_bytes!(concat!("../web/", $path)))),+];
    };
}

assets! {
    "css/page.css"
    "i18n/en.json"
    "i18n/pt-BR.json"
    "icon.svg"
    "js/api.js"
    "js/card.js"
    "js/chart.js"
    "js/checkin.js"
    "js/detail.js"
    "js/device.js"
    "js/dom.js"
    "js/factor.js"
    "js/form.js"
    "js/goals.js"
    "js/history.js"
    "js/i18n.js"
    "js/links.js"
    "js/list.js"
    "js/log.js"
    "js/main.js"
    "js/measure.js"
    "js/queue.js"
    "js/settings.js"
    "js/tokens.js"
    "js/ui.js"
    "js/welcome.js"
}

const INDEX: &str = include_str!("../web/index.html");

/// What is served of the assets, in their order.
static PACKED: LazyLock<Vec<Packed>> =
    LazyLock::new(|| ASSETS.iter().map(|(_, content)| Packed::new(Bytes::from_static(content))).collect());

/// The page as it is served under one base path.
#[derive(Debug)]
pub(crate) struct Page {
    index: Packed,
    index_tag: String,
    /// Names the content of all assets together: they import each other by relative paths.
    hash: String,
}

impl Page {
    /// `base` is the path under which a host mounts the API; empty when it is the root.
    pub(crate) fn new(base: &str) -> Self {
        let mut digest = Sha256::new();
        for (path, content) in ASSETS {
            digest.update(path);
            digest.update(content);
        }
        let hash = short_hex(digest);
        let mut index = INDEX.to_owned();
        for (path, _) in ASSETS {
            index = index.replace(&format!("\"{path}\""), &format!("\"assets/{hash}/{path}\""));
        }
        if !base.is_empty() {
            // A mounted page may be asked for without the slash that makes relative paths work.
            index = index.replacen("<head>", &format!("<head>\n  <base href=\"{base}/\">"), 1);
        }
        let index_tag = short_hex(Sha256::new().chain_update(&index));
        // Nobody shall wait for it who asks.
        LazyLock::force(&PACKED);
        Self { index: Packed::new(index.into()), index_tag, hash }
    }

    pub(crate) fn index(&self, request: &HeaderMap) -> Result<Reply, Problem> {
        let reply = self.index.reply("text/html; charset=utf-8", &self.index_tag, request)?;
        Ok(reply.header(CACHE_CONTROL, HeaderValue::from_static("no-cache")))
    }

    /// `rest` is what stands behind `/assets/`.
    pub(crate) fn asset(&self, rest: &str, request: &HeaderMap) -> Result<Reply, Problem> {
        let path = rest.strip_prefix(&self.hash).and_then(|rest| rest.strip_prefix('/'));
        let asset = path.and_then(|path| ASSETS.iter().zip(PACKED.iter()).find(|((known, _), _)| *known == path));
        let Some(((path, _), content)) = asset else {
            return Err(Problem::new(Code::NotFound).detail("there is nothing here"));
        };
        let reply = content.reply(media_type(path), &self.hash, request)?;
        Ok(reply.header(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")))
    }
}

fn short_hex(digest: Sha256) -> String {
    let mut hex = HEXLOWER.encode(&digest.finalize());
    hex.truncate(16);
    hex
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn files(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                files(&entry.path(), &format!("{name}/"), found);
            } else {
                found.insert(name);
            }
        }
    }

    fn text(page: &Page) -> &str {
        str::from_utf8(page.index.plain()).unwrap()
    }

    #[test]
    fn every_file_of_the_page_is_built_in() {
        let mut found = BTreeSet::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("web"), "", &mut found);
        let built_in = ASSETS.iter().map(|(path, _)| *path).chain(["index.html"]);
        assert_eq!(found, built_in.map(str::to_owned).collect());
        assert!(ASSETS.iter().all(|(path, _)| media_type(path) != "application/octet-stream"));
    }

    #[test]
    fn the_page_stays_small() {
        let bytes = |suffix: &str| {
            let those = ASSETS.iter().zip(PACKED.iter()).filter(|((path, _), _)| path.ends_with(suffix));
            those.fold((0, 0), |(sent, plain), ((_, content), packed)| (sent + packed.sent(), plain + content.len()))
        };
        let index = Page::new("").index.sent();
        for (what, (sent, plain), most) in [
            ("script", bytes(".js"), 60_000),
            ("style", bytes(".css"), 16_000),
            ("all", (bytes("").0 + index, bytes("").1), 100_000),
            ("English", bytes("/en.json"), 8_000),
            ("Portuguese", bytes("/pt-BR.json"), 8_000),
        ] {
            assert!(sent <= most, "{what}: {sent} bytes are sent");
            assert!(plain <= 4 * most, "{what}: {plain} bytes are read");
        }
        let at_once = ASSETS.iter().filter(|(path, _)| INDEX.contains(&format!("\"{path}\""))).count();
        assert!(at_once <= 14, "a first visit is at most 20 requests: the page, a dictionary, four to the API");
    }

    #[test]
    fn the_page_asks_for_nothing_that_could_be_stale() {
        let page = Page::new("");
        let index = text(&page);
        for attribute in ["href=\"", "src=\""] {
            for (at, _) in index.match_indices(attribute) {
                let path = index[at + attribute.len()..].split('"').next().unwrap();
                let reply = page.asset(path.strip_prefix("assets/").unwrap_or(path), &HeaderMap::new());
                assert!(reply.is_ok(), "{path}");
            }
        }
    }

    #[test]
    fn a_mounted_page_says_where_it_is() {
        assert!(text(&Page::new("/apps/goals")).contains("<head>\n  <base href=\"/apps/goals/\">"));
        assert_ne!(Page::new("/a").index_tag, Page::new("/b").index_tag);
    }
}
