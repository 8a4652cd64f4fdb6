use super::{Answer, Loopback, answer_from_folder};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// Sends bytes, and gives all that comes back until the server closes.
fn exchange(server: &Loopback, request: &str) -> String {
    let mut connection = TcpStream::connect(server.address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn serves_a_folder_over_a_kept_connection() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("a b")).unwrap();
    std::fs::write(folder.path().join("a b/c.json"), "{}").unwrap();
    let server = Loopback::folder(folder.path()).unwrap();
    let answer = exchange(
        &server,
        "HEAD /a%20b/c.json HTTP/1.1\r\n\r\nGET /a%20b/c.json?x HTTP/1.1\r\nConnection: close\r\n\r\n",
    );
    insta::assert_snapshot!(answer.replace('\r', ""), @r"
    HTTP/1.1 200 OK
    content-length: 2
    content-type: application/json
    connection: keep-alive

    HTTP/1.1 200 OK
    content-length: 2
    content-type: application/json
    connection: close

    {}
    ");
    assert_eq!(server.take_asked(), ["HEAD a b/c.json", "GET a b/c.json"]);
    assert!(exchange(&server, "POST / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 405"));
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "x").unwrap();
    std::fs::create_dir(folder.path().join("site")).unwrap();
    let server = Loopback::folder(folder.path().join("site")).unwrap();
    for path in ["/../secret", "/%2e%2e/secret", "//secret", "/..%2fsecret", "/a/../../secret", "/%00"] {
        let answer = exchange(&server, &format!("GET {path} HTTP/1.0\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
}

#[test]
fn ends_while_clients_are_connected() {
    let server = Loopback::answering(|_| Answer::silence()).unwrap();
    let mut idle = TcpStream::connect(server.address).unwrap();
    let mut waiting = TcpStream::connect(server.address).unwrap();
    waiting.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    while server.take_asked().is_empty() {
        std::thread::yield_now();
    }
    drop(server);
    assert_eq!(waiting.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn a_page_of_a_folder_is_its_index() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "<p>").unwrap();
    let shown = format!("{:?}", answer_from_folder(folder.path(), ""));
    assert!(shown.contains("text/html"), "{shown}");
}

#[test]
fn ends_where_nothing_wakes_it() {
    let mut server = Loopback::answering(|_| Answer::silence()).unwrap();
    // As with a loopback interface that is down: whoever connects is turned away.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    server.address = nobody;
    assert!(server.verify_reachable().is_err());
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(server);
        ended.send(()).unwrap();
    });
    assert_eq!(end.recv_timeout(std::time::Duration::from_mins(1)), Ok(()));
}
