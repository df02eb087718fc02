//! A network between the store and the server that a test can break.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// What happens to what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It arrives.
    Open,
    /// It is swallowed; who connects waits for ever.
    Silent,
    /// Every connection is closed, and new ones are too.
    Cut,
}

/// A wire from a port of this machine to the server of `Config`.
pub(crate) struct Wire {
    state: watch::Sender<State>,
    address: SocketAddr,
    server: Config,
}

impl Wire {
    pub(crate) async fn to(server: &Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, watched) = watch::channel(State::Open);
        let target = server.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target.clone(), watched.clone()));
            }
        });
        Self { state, address, server: server.clone() }
    }

    pub(crate) fn set(&self, state: State) {
        self.state.send_replace(state);
    }

    /// The server's configuration by way of this wire.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new();
        config.host(self.address.ip().to_string()).port(self.address.port());
        config.user(self.server.get_user().unwrap()).dbname(self.server.get_dbname().unwrap());
        if let Some(password) = self.server.get_password() {
            config.password(password);
        }
        config
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn carry(mut client: TcpStream, server: Config, mut state: watch::Receiver<State>) {
    let is_settled = |state: &State| *state != State::Silent;
    if state.wait_for(is_settled).await.is_ok_and(|state| *state == State::Cut) {
        return;
    }
    let mut server = open(&server).await;
    tokio::select! {
        biased;
        _ = state.wait_for(|state| *state != State::Open) => {}
        _ = copy_bidirectional(&mut client, &mut server) => return,
    }
    // What was in silence once stays there, for its bytes are lost.
    let _ = state.wait_for(|state| *state == State::Cut).await;
}

async fn open(server: &Config) -> Box<dyn Stream> {
    let port = *server.get_ports().first().unwrap_or(&5432);
    match &server.get_hosts()[0] {
        Host::Unix(folder) => Box::new(UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await.unwrap()),
        Host::Tcp(name) => Box::new(TcpStream::connect((name.as_str(), port)).await.unwrap()),
    }
}
