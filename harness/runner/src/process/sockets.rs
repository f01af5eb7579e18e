//! The processes that listen on a loopback port: not every listener is the one that was started.
//! Owns reading the kernel's tables of sockets (proc_net(5)). It must not connect to anything.

use std::collections::BTreeSet;
use std::fs;

use super::proc;

/// What the kernel calls a socket that waits for connections.
const LISTEN: &str = "0A";

/// Whether a process of this group listens on a port; none where the system does not show it.
pub fn is_listener(port: u16, group: i32) -> Option<bool> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).ok());
    if tables.iter().all(Option::is_none) {
        return None;
    }
    let listening: BTreeSet<String> =
        tables.iter().flatten().flat_map(|table| listeners(table, port)).collect();
    Some(proc::members(group).keys().any(|id| holds(*id, &listening)))
}

/// The inodes of the sockets that listen on a port.
fn listeners(table: &str, port: u16) -> Vec<String> {
    let inode = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, local) = fields.get(1)?.rsplit_once(':')?;
        let is_it = u16::from_str_radix(local, 16) == Ok(port) && *fields.get(3)? == LISTEN;
        is_it.then(|| (*fields.get(9)?).to_owned().into()).flatten()
    };
    table.lines().skip(1).filter_map(inode).collect()
}

/// Whether a process has one of these sockets open.
fn holds(id: i32, inodes: &BTreeSet<String>) -> bool {
    let open = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    let links = open.filter_map(|entry| fs::read_link(entry.path()).ok());
    links
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.to_owned()))
        .any(|link| inodes.contains(link.trim_end_matches(']')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_belongs_to_who_listens_on_it() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let own = proc::stat(std::process::id() as i32).unwrap().group;
        assert_eq!(is_listener(port, own), Some(true));
        let other = proc::stat(std::os::unix::process::parent_id() as i32).map_or(1, |it| it.group);
        if other != own {
            assert_eq!(is_listener(port, other), Some(false));
        }
        drop(listener);
        assert_eq!(is_listener(port, own), Some(false));
    }

    #[test]
    fn a_connection_is_no_listener() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt \
             uid  timeout inode\n\
             0: 0100007F:1082 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 71 1\n\
             1: 0100007F:1082 0100007F:9000 01 00000000:00000000 00:00000000 00000000 0 0 72 1\n\
             2: 0100007F:1083 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 73 1\n\
             nonsense\n";
        assert_eq!(listeners(table, 0x1082), ["71"]);
        assert_eq!(listeners(table, 1), [""; 0]);
    }
}
