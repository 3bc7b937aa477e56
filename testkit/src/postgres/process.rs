//! Stopping servers: our own, and those whose owner died.

use std::{
    fs,
    path::Path,
    process::{Child, Command},
    thread::sleep,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

const PAUSE: Duration = Duration::from_millis(2);
/// Five seconds, which is what the server itself gives its children.
const PATIENCE: u32 = 2500;

/// Stops our own server at once, without a checkpoint: its files are going to be removed.
pub(super) fn stop(child: &mut Child) {
    let _ = kill_process(Pid::from_child(child), Signal::QUIT);
    for _ in 0..PATIENCE {
        match child.try_wait() {
            Ok(None) => sleep(PAUSE),
            _ => return,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Stops whatever runs on this data folder, and waits until it is gone.
///
/// It asks the system and not the server's pid file, which may not be written yet, or name a process that came later.
pub(super) fn stop_all_of(data: &Path) {
    for signal in [Signal::QUIT, Signal::KILL] {
        for round in 0..PATIENCE {
            let running = running_on(data);
            if running.is_empty() {
                return;
            }
            if round == 0 {
                for pid in running {
                    let _ = kill_process(pid, signal);
                }
            }
            sleep(PAUSE);
        }
    }
}

/// The servers, the poolers, and the programs that make a cluster, whose command line names this data folder or a file
/// in it.
fn running_on(data: &Path) -> Vec<Pid> {
    let Some(data) = data.to_str() else { return vec![] };
    let ours = |line: &str| {
        let mut words = line.split('\0');
        let program = words.next().and_then(|path| path.rsplit('/').next());
        matches!(program, Some("postgres" | "initdb" | "pgbouncer"))
            && words.any(|word| Path::new(word).starts_with(data))
    };
    command_lines().into_iter().filter(|(_, line)| ours(line)).filter_map(|(pid, _)| Pid::from_raw(pid)).collect()
}

/// Every process with its command line, the words parted by NUL.
fn command_lines() -> Vec<(i32, String)> {
    if let Ok(entries) = fs::read_dir("/proc") {
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let line = |pid: i32| Some((pid, String::from_utf8(fs::read(format!("/proc/{pid}/cmdline")).ok()?).ok()?));
        return pids.filter_map(line).collect();
    }
    // Systems without /proc have `ps` in their base. Our paths hold no blanks.
    let output = Command::new("ps").args(["-A", "-ww", "-o", "pid=,args="]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let parse = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.parse().ok()?, words.collect::<Vec<_>>().join("\0")))
    };
    text.lines().filter_map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Read, process::Stdio};

    /// A shell with one more word, that runs: it has said so.
    fn shell(word: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", "echo; read x", "sh", word]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        child
    }

    #[test]
    fn sees_processes_with_their_words() {
        let mut child = shell("a word");
        let lines = command_lines();
        let line = lines.iter().find(|(pid, _)| *pid == child.id() as i32).map(|(_, line)| line.clone());
        child.kill().unwrap();
        child.wait().unwrap();
        let line = line.unwrap();
        assert!(line.starts_with("sh\0") && line.contains("word"), "{line:?}");
    }

    #[test]
    fn leaves_others_alone_that_name_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = shell(&dir.path().display().to_string());
        assert!(running_on(dir.path()).is_empty());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
