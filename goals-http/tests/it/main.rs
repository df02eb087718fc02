//! The API from outside: over memory without a socket, and over a real one where the socket is
//! what is tested.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod goals;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod mounting;
#[cfg(test)]
mod page;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod throttle;
#[cfg(test)]
mod transport;
