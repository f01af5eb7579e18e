//! The servers that are compared, each a child process on a folder of its own.
//! Owns starting and stopping them, and what the kernel says they used.
#![expect(clippy::disallowed_methods, reason = "servers are started here, and only here")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use lukewarm_cache_services::{ListenConfig, Service, Storage};
use lukewarm_model::{Network, Seconds, ServiceKind, ServiceSettings};

/// A running server.
pub struct Server {
    pub name: &'static str,
    pub address: SocketAddr,
    pub token: String,
    child: Child,
    /// Ours ends when this is closed.
    input: Option<ChildStdin>,
    _folder: tempfile::TempDir,
}

/// What a server has used so far.
#[derive(Clone, Copy)]
pub struct Used {
    /// CPU seconds.
    pub cpu: f64,
    /// The most memory, in bytes.
    pub memory: u64,
}

/// Serves in this process: `KIND FOLDER ADDRESS TOKEN [down=RATE] [up=RATE] [trip=TIME]`.
pub fn serve(words: &[String]) {
    let kind = ServiceKind::named(&words[0]);
    let mut network = Network::unlimited();
    for (name, value) in words[4..].iter().filter_map(|word| word.split_once('=')) {
        match name {
            "down" => network.down = Some(value.parse().unwrap()),
            "up" => network.up = Some(value.parse().unwrap()),
            "trip" => network.round_trip = value.parse::<Seconds>().unwrap(),
            _ => panic!("{name}"),
        }
    }
    let settings = ServiceSettings { network, ..ServiceSettings::new(kind) };
    let place = ListenConfig {
        address: words[2].parse().unwrap(),
        token: Some(words[3].clone()),
        storage: Storage::Kept(PathBuf::from(&words[1])),
        ..ListenConfig::scratch(Path::new(&words[1]))
    };
    let service = Service::listen(&settings, &place).unwrap();
    println!("{}", service.url().strip_prefix("http://").unwrap());
    let reader = std::thread::spawn(|| std::io::stdin().read_to_end(&mut Vec::new()));
    // The ledger is taken as its owner does, so that it does not grow.
    while !reader.is_finished() {
        service.take_ledger();
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Ours, with the words that shape its link; inside a network namespace where one is named.
pub fn ours(kind: ServiceKind, shaped: &[String], inside: Option<(&str, &str)>) -> Server {
    let folder = folder();
    let program = std::env::current_exe().unwrap();
    let (token, address) = ("benchmark", inside.map_or("127.0.0.1:0", |(_, address)| address));
    let mut command = match inside {
        None => Command::new(program),
        Some((namespace, _)) => {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", namespace]).arg(program);
            command
        }
    };
    let path = folder.path().join("objects");
    command.args(["--serve", kind.name()]).arg(path).args([address, token]).args(shaped);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let input = child.stdin.take();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().parse().unwrap();
    Server { name: "lukewarm", address, token: token.to_owned(), child, input, _folder: folder }
}

/// All that are on this machine; what is missing is told.
pub fn all() -> Vec<Server> {
    let mut servers = vec![ours(ServiceKind::WEBDAV, &[], None)];
    servers.extend([nginx(), dufs(), rclone()].into_iter().flatten());
    servers
}

fn folder() -> tempfile::TempDir {
    // Not in memory: all servers keep their objects on the same disk as the build does.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tempfile::Builder::new().prefix("compare").tempdir_in(target).unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn find(name: &str, how: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench-clients/bin");
    let mut folders = vec![own, PathBuf::from("/usr/sbin")];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let found = folders.iter().map(|folder| folder.join(name)).find(|path| path.exists());
    if found.is_none() {
        eprintln!("left out: no {name} ({how})");
    }
    found
}

fn nginx() -> Option<Server> {
    let program = find("nginx", "apt-get install nginx-light")?;
    let (folder, port) = (folder(), free_port());
    let root = folder.path().display();
    // As Debian ships it (sendfile, tcp_nopush), with one worker: each of the others serves with
    // one process or with one busy thread too.
    let configuration = format!(
        "user root; daemon off; worker_processes 1; pid {root}/pid; error_log {root}/errors;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; client_max_body_size 0;\n\
         keepalive_requests 1000000000; client_body_temp_path {root}/temp;\n\
         proxy_temp_path {root}/p; fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u;\n\
         scgi_temp_path {root}/s; server {{ listen 127.0.0.1:{port}; root {root}/objects;\n\
         location / {{ dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; }} }} }}\n"
    );
    fs::create_dir(folder.path().join("objects")).unwrap();
    let file = folder.path().join("nginx.conf");
    fs::write(&file, configuration).unwrap();
    let mut command = Command::new(program);
    command.arg("-c").arg(file).arg("-p").arg(folder.path());
    Some(start("nginx", command, port, folder))
}

fn dufs() -> Option<Server> {
    let program = find("dufs", "cargo install --locked dufs --root target/bench-clients")?;
    let (folder, port) = (folder(), free_port());
    let mut command = Command::new(program);
    command.args([
        "--bind",
        "127.0.0.1",
        "--port",
        &port.to_string(),
        "--allow-all",
        "--log-format",
        "",
    ]);
    command.arg(folder.path());
    Some(start("dufs", command, port, folder))
}

fn rclone() -> Option<Server> {
    let program = find("rclone", "apt-get install rclone")?;
    let (folder, port) = (folder(), free_port());
    let mut command = Command::new(program);
    command.args(["serve", "webdav", "--addr", &format!("127.0.0.1:{port}")]);
    command.env("RCLONE_CONFIG", "/dev/null").arg(folder.path());
    Some(start("rclone", command, port, folder))
}

fn start(name: &'static str, mut command: Command, port: u16, folder: tempfile::TempDir) -> Server {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let began = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "{name} does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    let token = "none".to_owned();
    Server { name, address, token, child: child.unwrap(), input: None, _folder: folder }
}

impl Server {
    /// What it and its children have used so far.
    pub fn used(&self) -> Used {
        let own = self.child.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
        let children = children.unwrap_or_default();
        let children = children.split_whitespace().filter_map(|id| id.parse().ok());
        let mut used = Used { cpu: 0.0, memory: 0 };
        for process in std::iter::once(own).chain(children) {
            let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
            for task in tasks.flatten() {
                let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
                let nanoseconds = text.split(' ').next().and_then(|it| it.parse::<f64>().ok());
                used.cpu += nanoseconds.unwrap_or(0.0) / 1e9;
            }
            let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let most = most.and_then(|text| text.trim().split(' ').next()?.parse::<u64>().ok());
            used.memory = used.memory.max(most.unwrap_or(0) * 1024);
        }
        used
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut input) = self.input.take() {
            let _ = input.flush();
        } else {
            let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        }
        let _ = self.child.wait();
    }
}
