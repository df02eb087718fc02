//! Processes: this test binary again as one, and what the machine says of any other.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a child is to do, and the folder it does it in.
pub(crate) const ROLE: &str = "GOALS_TEST_ROLE";
pub(crate) const FOLDER: &str = "GOALS_TEST_FOLDER";

/// This test binary again, as a process of its own that runs the test `local::child`.
pub(crate) struct Actor(Child);

impl Actor {
    pub(crate) fn command(role: &str, folder: &Path) -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["local::child", "--exact", "--ignored", "--nocapture", "--quiet"])
            .env(ROLE, role)
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }

    /// Starts it and waits until it says what it has to say.
    pub(crate) fn start(command: &mut Command) -> (Self, String) {
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stdout.as_mut().unwrap())
            .lines()
            .map(Result::unwrap)
            .find_map(|line| line.strip_prefix("child: ").map(str::to_owned));
        (Self(child), said.expect("the child speaks"))
    }

    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    pub(crate) fn finish(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

/// Every process with one column of what `ps` knows about it.
fn processes(column: &str) -> Vec<(u32, String)> {
    let output = Command::new("ps").args(["-A", "-o", &format!("pid=,{column}=")]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.trim().split_once(' '))
        .map(|(pid, value)| (pid.parse().unwrap(), value.trim().to_owned()))
        .collect()
}

/// Whether the process runs; one that has ended may still wait for its parent to take note.
pub(crate) fn alive(pid: u32) -> bool {
    processes("stat").iter().any(|process| process.0 == pid && !process.1.starts_with('Z'))
}

/// The other processes in the process group of `pid`.
pub(crate) fn group_of(pid: u32) -> Vec<u32> {
    let processes = processes("pgid");
    let group = &processes.iter().find(|process| process.0 == pid).unwrap().1;
    let others = processes.iter().filter(|process| process.1 == *group && process.0 != pid);
    others.map(|process| process.0).collect()
}

pub(crate) fn signal(name: &str, pid: u32) {
    let kill = ["-c", "kill -s \"$1\" \"$2\"", "kill", name, &pid.to_string()];
    assert!(Command::new("sh").args(kill).status().unwrap().success());
}

pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout == b"0\n"
}
