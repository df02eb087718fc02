//! The private server: it starts, keeps its data, keeps others out, and never outlives us.

use std::env;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use goals_pg::local::{LocalError, LocalPostgres, TestTemplate};
use tokio::task::JoinHandle;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

use crate::process::{Actor, FOLDER, ROLE, alive, group_of, is_root, signal};

/// A folder for one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("goals-{name}-{}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o711)).unwrap();
        Self(path)
    }

    fn data_dir(&self) -> PathBuf {
        self.0.join("goals")
    }

    /// A folder in it that the server's user can enter, whatever the umask says.
    fn folder(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o711)).unwrap();
        path
    }

    fn pid_file(&self) -> PathBuf {
        self.data_dir().join("postgres/postmaster.pid")
    }

    /// The process id of the server.
    fn server(&self) -> u32 {
        let text = fs::read_to_string(self.pid_file()).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Not a test by itself: what the other processes of these tests do.
#[test]
#[ignore = "run by other tests, in a process of its own"]
fn child() {
    let folder = PathBuf::from(env::var_os(FOLDER).unwrap());
    let role = env::var(ROLE).unwrap();
    let held = match role.as_str() {
        "persistent" => LocalPostgres::persistent(&folder).map(|server| (Some(server), String::new())),
        "temporary" => LocalPostgres::temporary().map(|server| {
            let folder = folder_of(&server.config("goals"));
            (Some(server), folder.display().to_string())
        }),
        "template" => in_runtime(async {
            let database = TEMPLATE.database(make_notes).await?;
            count_notes(database.config()).await;
            Ok((None, folder_of(database.config()).display().to_string()))
        }),
        other => panic!("no role {other}"),
    };
    match held {
        Ok((server, what)) => {
            println!("child: {what}");
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
            drop(server);
        }
        Err(error) => println!("child: {}", error.to_string().replace('\n', " ")),
    }
}

static TEMPLATE: TestTemplate = TestTemplate::new();

async fn make_notes(config: Config) -> Result<(), tokio_postgres::Error> {
    let (client, _) = connect(&config).await;
    client.batch_execute("CREATE TABLE notes (note text)").await
}

async fn count_notes(config: &Config) -> i64 {
    let (client, _) = connect(config).await;
    client.query_one("SELECT count(*) FROM notes", &[]).await.unwrap().get(0)
}

async fn write_note(config: &Config) {
    let (client, _) = connect(config).await;
    client.execute("INSERT INTO notes VALUES ('kept')", &[]).await.unwrap();
}

/// A client, and what ends when the server has closed the connection.
async fn connect(config: &Config) -> (Client, JoinHandle<()>) {
    let (client, connection) = config.connect(NoTls).await.expect("the server takes connections");
    (client, tokio::spawn(async move { connection.await.unwrap_or_default() }))
}

fn in_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

/// The folder of the server with this socket.
fn folder_of(config: &Config) -> PathBuf {
    match &config.get_hosts()[0] {
        Host::Unix(socket) => socket.parent().unwrap().to_owned(),
        Host::Tcp(host) => panic!("a private server has no TCP, not even on {host}"),
    }
}

/// How to reach the server of another process.
fn config_of(data_dir: &Path) -> Config {
    let mut config = Config::new();
    config.host_path(data_dir.join("socket")).user("goals").dbname("goals");
    config
}

fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !happened() {
        assert!(Instant::now() < end, "never: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn keeps_its_data_across_restarts() {
    let scratch = Scratch::new("restart");
    for notes in 0..3 {
        let server = LocalPostgres::persistent(&scratch.data_dir()).unwrap();
        in_runtime(async {
            let config = server.config("goals");
            if notes == 0 {
                make_notes(config.clone()).await.unwrap();
            }
            assert_eq!(count_notes(&config).await, notes);
            write_note(&config).await;
        });
        let pid = scratch.server();
        drop(server);
        assert!(!alive(pid));
    }
}

#[test]
fn is_private_durable_and_knows_letters() {
    let scratch = Scratch::new("private");
    let server = LocalPostgres::persistent(&scratch.data_dir()).unwrap();
    for private in ["socket", "postgres"] {
        let mode = fs::metadata(scratch.data_dir().join(private)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700, "{private}");
    }
    in_runtime(async {
        let (client, _) = connect(&server.config("goals")).await;
        for (setting, value) in [
            ("listen_addresses", ""),
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("full_page_writes", "on"),
            ("server_encoding", "UTF8"),
        ] {
            let row = client.query_one("SELECT current_setting($1)", &[&setting]).await.unwrap();
            assert_eq!(row.get::<_, String>(0), value, "{setting}");
        }
        let row = client.query_one("SELECT upper('é') = 'É'", &[]).await.unwrap();
        assert!(row.get::<_, bool>(0));
    });
}

#[test]
fn a_second_one_is_kept_out() {
    let scratch = Scratch::new("second");
    let server = LocalPostgres::persistent(&scratch.data_dir()).unwrap();
    let again = LocalPostgres::persistent(&scratch.data_dir()).unwrap_err();
    assert!(matches!(again, LocalError::InUse { .. }), "{again}");
    let (other, said) = Actor::start(&mut Actor::command("persistent", &scratch.data_dir()));
    other.finish();
    assert!(said.contains("in use by another process; stop that one first"), "{said}");
    in_runtime(connect(&server.config("goals")));
}

#[test]
fn a_killed_process_leaves_its_data_and_no_server() {
    let scratch = Scratch::new("killed");
    let (holder, _) = Actor::start(&mut Actor::command("persistent", &scratch.data_dir()));
    let killed = scratch.server();
    in_runtime(async {
        let config = config_of(&scratch.data_dir());
        make_notes(config.clone()).await.unwrap();
        write_note(&config).await;
        let (_client, closed) = connect(&config).await;
        holder.kill();
        closed.await.unwrap();
    });
    // At once, while the keeper may still be stopping the first.
    let server = LocalPostgres::persistent(&scratch.data_dir()).unwrap();
    assert!(!alive(killed));
    assert_eq!(in_runtime(count_notes(&server.config("goals"))), 1);
}

#[test]
fn a_server_whose_keeper_was_killed_too_is_stopped_by_the_next() {
    let scratch = Scratch::new("orphan");
    let (holder, _) = Actor::start(&mut Actor::command("persistent", &scratch.data_dir()));
    let orphan = scratch.server();
    in_runtime(make_notes(config_of(&scratch.data_dir()))).unwrap();
    for keeper in group_of(orphan) {
        signal("KILL", keeper);
    }
    holder.kill();
    assert!(alive(orphan));
    // By another name, which is not to hide whose server it is.
    let alias = scratch.0.join("alias");
    symlink(scratch.data_dir(), &alias).unwrap();
    let server = LocalPostgres::persistent(&alias).unwrap();
    assert!(!alive(orphan));
    assert_eq!(in_runtime(count_notes(&server.config("goals"))), 0);
}

#[test]
fn a_signal_from_the_terminal_is_not_for_the_server() {
    let scratch = Scratch::new("group");
    let _server = LocalPostgres::persistent(&scratch.data_dir()).unwrap();
    assert!(!group_of(scratch.server()).contains(&std::process::id()));
}

#[test]
fn a_pid_file_of_before_is_not_believed() {
    let scratch = Scratch::new("stale");
    drop(LocalPostgres::persistent(&scratch.data_dir()).unwrap());
    let data = scratch.data_dir().join("postgres");
    let owner = fs::metadata(&data).unwrap();
    // Another program of the server's user that got the number of a server that was cut off.
    let mut other = Command::new("sleep");
    other.arg("600");
    if is_root() {
        other.uid(owner.uid()).gid(owner.gid());
    }
    let mut other = other.spawn().unwrap();
    let before = format!("{}\n{}\n1\n5432\n../socket\n\n0 0\nready   \n", other.id(), data.display());
    fs::write(scratch.pid_file(), before).unwrap();
    fs::set_permissions(scratch.pid_file(), Permissions::from_mode(0o644)).unwrap();

    let server = LocalPostgres::persistent(&scratch.data_dir());
    let unharmed = other.try_wait().unwrap().is_none();
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(unharmed);
    let server = server.unwrap();
    in_runtime(connect(&server.config("goals")));
    assert_ne!(scratch.server(), other.id());
}

#[test]
fn a_server_that_does_not_start_says_why() {
    let scratch = Scratch::new("settings");
    drop(LocalPostgres::persistent(&scratch.data_dir()).unwrap());
    let settings = scratch.data_dir().join("postgres/postgresql.auto.conf");
    fs::write(settings, "no_such_setting = 1\n").unwrap();
    assert_refused(&scratch.data_dir(), "no_such_setting", &scratch.data_dir());
}

#[test]
fn data_that_was_never_finished_is_made_again() {
    let scratch = Scratch::new("half");
    let half = scratch.folder("goals").join("postgres.new");
    fs::create_dir(&half).unwrap();
    fs::write(half.join("PG_VERSION"), "15\n").unwrap();
    let server = LocalPostgres::persistent(&scratch.data_dir()).unwrap();
    in_runtime(connect(&server.config("goals")));
    assert!(!half.exists());
}

#[test]
fn unusable_folders_are_named() {
    let scratch = Scratch::new("unusable");
    let file = scratch.0.join("file");
    fs::write(&file, "").unwrap();
    assert_refused(&file, "cannot use the folder", &file);
    assert_refused(&file.join("below"), "cannot use the folder", &file);

    let open = scratch.folder("open");
    fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    assert_refused(&open, "can be written by everybody", &open);

    let other = scratch.folder("other");
    fs::create_dir_all(other.join("postgres/something")).unwrap();
    assert_refused(&other, "is not the data of a PostgreSQL server", &other.join("postgres"));

    let long = scratch.0.join("x".repeat(100));
    assert_refused(&long, "is too long a path for a Unix socket", &long);
    assert!(!long.exists());
}

#[test]
fn a_folder_that_was_ours_alone_lets_the_server_pass() {
    let scratch = Scratch::new("passage");
    fs::DirBuilder::new().mode(0o700).create(scratch.data_dir()).unwrap();
    let server = LocalPostgres::persistent(&scratch.data_dir()).unwrap();
    in_runtime(connect(&server.config("goals")));
    let mode = fs::metadata(scratch.data_dir()).unwrap().mode();
    assert_eq!(mode & 0o777, if is_root() { 0o711 } else { 0o700 });
}

#[test]
fn a_folder_that_only_root_can_enter_is_named() {
    if !is_root() {
        return;
    }
    let scratch = Scratch::new("barrier");
    let barrier = scratch.0.join("root");
    fs::DirBuilder::new().mode(0o700).create(&barrier).unwrap();
    assert_refused(&barrier.join("deep/goals"), "cannot enter", &barrier);
}

#[test]
fn data_of_another_version_is_named() {
    let scratch = Scratch::new("version");
    let data = scratch.data_dir().join("postgres");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "9\n").unwrap();
    assert_refused(&scratch.data_dir(), "was made by PostgreSQL 9, and only", &data);
}

fn assert_refused(folder: &Path, because: &str, named: &Path) {
    let message = LocalPostgres::persistent(folder).unwrap_err().to_string();
    assert!(message.contains(because), "{message}");
    assert!(message.contains(named.to_str().unwrap()), "{message}");
}

#[test]
fn a_folder_without_binaries_is_named() {
    let scratch = Scratch::new("bin");
    let mut command = Actor::command("persistent", &scratch.data_dir());
    let (child, said) = Actor::start(command.env("GOALS_PG_BIN", &scratch.0));
    child.finish();
    assert!(said.contains("GOALS_PG_BIN is") && said.contains("unset it"), "{said}");
    assert!(said.contains(scratch.0.to_str().unwrap()), "{said}");
    assert!(!scratch.data_dir().exists());
}

#[test]
fn a_temporary_server_leaves_nothing() {
    let server = LocalPostgres::temporary().unwrap();
    let folder = folder_of(&server.config("goals"));
    in_runtime(connect(&server.config("goals")));
    assert!(folder.exists());
    drop(server);
    assert!(!folder.exists());
}

#[test]
fn a_killed_process_leaves_no_temporary_server() {
    let (holder, folder) = Actor::start(&mut Actor::command("temporary", Path::new("")));
    let folder = PathBuf::from(folder);
    in_runtime(async {
        let (_client, closed) = connect(&config_of(&folder)).await;
        holder.kill();
        closed.await.unwrap();
    });
    eventually("the folder is removed", || !folder.exists());
}

#[test]
fn a_static_server_ends_with_its_process() {
    let (holder, folder) = Actor::start(&mut Actor::command("template", Path::new("")));
    assert!(Path::new(&folder).exists());
    holder.finish();
    eventually("the folder is removed", || !Path::new(&folder).exists());
}

#[test]
fn what_was_left_in_memory_is_swept() {
    let (holder, folder) = Actor::start(&mut Actor::command("temporary", Path::new("")));
    let folder = PathBuf::from(folder);
    let text = fs::read_to_string(folder.join("postgres/postmaster.pid")).unwrap();
    let server: u32 = text.lines().next().unwrap().parse().unwrap();
    for process in group_of(server).into_iter().chain([server]) {
        signal("KILL", process);
    }
    holder.kill();
    assert!(folder.exists());
    drop(LocalPostgres::temporary().unwrap());
    assert!(!folder.exists());
}

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    let first = TEMPLATE.database(make_notes).await.unwrap();
    let second = TEMPLATE.database(make_notes).await.unwrap();
    write_note(first.config()).await;
    assert_eq!(count_notes(first.config()).await, 1);
    assert_eq!(count_notes(second.config()).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_can_be_made_at_the_same_time() {
    let makers: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn(async {
                let database = TEMPLATE.database(make_notes).await.unwrap();
                count_notes(database.config()).await
            })
        })
        .collect();
    for maker in makers {
        assert_eq!(maker.await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_migration_may_leave_its_connection_open() {
    let template = TestTemplate::new();
    let mut open = None;
    let migrate = async |config: Config| {
        open = Some(connect(&config).await);
        make_notes(config).await
    };
    let database = template.database(migrate).await.unwrap();
    assert_eq!(count_notes(database.config()).await, 0);
    assert!(open.is_some());
}

#[tokio::test]
async fn a_failed_migration_is_reported() {
    let template = TestTemplate::new();
    let failed = template.database(async |_| Err("no such table")).await.unwrap_err();
    assert_eq!(failed.to_string(), "cannot migrate the test database: no such table");
    template.database(make_notes).await.unwrap();
}

#[test]
fn a_given_server_is_used_and_left_clean() {
    let server = LocalPostgres::temporary().unwrap();
    let folder = folder_of(&server.config("goals"));
    let url = format!("postgresql:///goals?user=goals&host={}/socket", folder.display());
    let mut command = Actor::command("template", Path::new(""));
    let (child, used) = Actor::start(command.env("GOALS_TEST_DATABASE_URL", url));
    child.finish();
    assert_eq!(Path::new(&used), folder);
    in_runtime(async {
        let (client, _) = connect(&server.config("goals")).await;
        let query = "SELECT count(*) FROM pg_database WHERE datname LIKE 'goals\\_%'";
        assert_eq!(client.query_one(query, &[]).await.unwrap().get::<_, i64>(0), 0);
    });
}
