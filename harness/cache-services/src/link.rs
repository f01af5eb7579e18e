//! The shaped network link in front of a service: when bytes have passed it, and the latency of an
//! answer. A pure state machine with time passed in; `connection` does the waiting. All connections
//! share one bandwidth budget per direction; each may have a limit of its own besides.

use lukewarm_model::{Bandwidth, LatencyQuantile, Network};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The largest piece that passes the link at once, in bytes: small, so that connections share it
/// fairly.
pub const PIECE: usize = 16 * 1024;
/// The smallest piece, in bytes: one TCP segment (Ethernet's MTU of 1500 without IPv4's and TCP's
/// headers).
const SMALLEST_PIECE: usize = 1460;
/// The longest time that one piece occupies a slow link, in seconds; the smallest piece may take
/// longer.
const PIECE_TIME: f64 = 0.005;

/// Waits shorter than this, in seconds, set no timer: they are carried over to the next piece.
const SHORTEST_WAIT: f64 = 0.000_2;

/// What a pause must exceed the round trip by for a sender to count as idle, in seconds: Linux's
/// minimal retransmission timeout (`TCP_RTO_MIN`).
const IDLE: f64 = 0.2;

/// The longest pause in the middle of a body that counts as our own lateness and is caught up, in
/// seconds: more than timers and a busy machine cause.
const CATCH_UP: f64 = 0.05;

/// A bandwidth limit: bytes pass one after another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pacer {
    /// Seconds per byte; none means unlimited.
    per_byte: Option<f64>,
    /// When all granted bytes have passed, in seconds.
    busy_until: f64,
}

/// Bandwidth in both directions, and latency.
#[derive(Debug)]
pub struct Link {
    /// From service to job.
    pub down: Pacer,
    /// From job to service.
    pub up: Pacer,
    per_connection: Option<Bandwidth>,
    initial_window: Option<f64>,
    round_trip: f64,
    jitter: f64,
    latencies: Vec<LatencyQuantile>,
    first_byte: f64,
    connect_round_trips: u32,
    random: ChaCha8Rng,
}

/// One connection's pacing in one direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConnectionPacer {
    pacer: Pacer,
    slow_start: Option<SlowStart>,
    /// When the last piece of the current body had passed, in seconds; none between bodies.
    passed: Option<f64>,
}

/// TCP's slow start (RFC 5681): a window of bytes a round trip, doubled in each. After a pause it
/// is halved for each timeout that went by, down to where it began, as Linux has it
/// (`tcp_slow_start_after_idle`).
#[derive(Clone, Copy, Debug, PartialEq)]
struct SlowStart {
    initial: f64,
    window: f64,
    round_trip: f64,
    round_ends: f64,
    used: f64,
    /// When the last piece was sent.
    sent: f64,
}

/// The link's answer for one piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grant {
    /// When the piece has passed, in seconds; none where it need not wait.
    pub due: Option<f64>,
    /// How long its first byte is queued, in seconds.
    pub queued: f64,
}

impl Pacer {
    /// A pacer of that rate; none means unlimited.
    pub fn new(rate: Option<Bandwidth>) -> Pacer {
        let per_byte = rate.map(|rate| 1.0 / rate.bytes_per_second());
        Pacer { per_byte, busy_until: 0.0 }
    }

    /// How many of `bytes` pass as one piece.
    pub fn piece(&self, bytes: usize) -> usize {
        let most = self.per_byte.map_or(PIECE, |per_byte| (PIECE_TIME / per_byte) as usize);
        bytes.min(most.clamp(SMALLEST_PIECE, PIECE))
    }

    /// Queues a piece that is ready at `since`, and returns when its first and its last byte pass.
    fn grant(&mut self, since: f64, bytes: usize) -> (f64, f64) {
        let Some(per_byte) = self.per_byte else { return (since, since) };
        let start = self.busy_until.max(since);
        self.busy_until = start + bytes as f64 * per_byte;
        (start, self.busy_until)
    }
}

impl SlowStart {
    /// When a piece that is ready at `since` may be sent.
    fn grant(&mut self, since: f64, bytes: usize) -> f64 {
        let timeouts = ((since - self.sent) / (self.round_trip + IDLE)).clamp(0.0, 1000.0);
        self.window = (self.window / 2f64.powi(timeouts as i32)).max(self.initial);
        let mut start = since;
        if since >= self.round_ends {
            self.round_ends = since + self.round_trip;
            self.used = 0.0;
        } else if self.used >= self.window {
            start = self.round_ends;
            self.round_ends += self.round_trip;
            self.used -= self.window;
            self.window *= 2.0;
        }
        self.used += bytes as f64;
        self.sent = start;
        start
    }
}

impl ConnectionPacer {
    /// Ends the current body: time from now on is not caught up.
    pub fn pause(&mut self) {
        self.passed = None;
    }

    /// Schedules a piece on this connection and on the shared pacer.
    ///
    /// A body that continues after a short pause continues at its old schedule: time lost to late
    /// timers is caught up, so that the rate holds. A new body starts at `now`: nothing passes
    /// faster than the bandwidth allows.
    pub fn grant(&mut self, shared: &mut Pacer, now: f64, bytes: usize) -> Grant {
        let since = self.passed.map_or(now, |passed| passed.clamp(now - CATCH_UP, now));
        let ready =
            self.slow_start.as_mut().map_or(since, |slow_start| slow_start.grant(since, bytes));
        let (own_start, own_end) = self.pacer.grant(ready, bytes);
        let (start, end) = shared.grant(ready, bytes);
        let due = own_end.max(end);
        self.passed = Some(due);
        let waits = due - now >= SHORTEST_WAIT;
        Grant { due: waits.then_some(due), queued: (own_start.max(start) - now).max(0.0) }
    }
}

impl Link {
    /// The link of a network, with the seed for its jitter.
    pub fn new(network: &Network, seed: u64) -> Link {
        Link {
            down: Pacer::new(network.down),
            up: Pacer::new(network.up),
            per_connection: network.per_connection,
            // Without a distance a window holds nothing up.
            initial_window: network
                .initial_window
                .map(|window| window.0 as f64)
                .filter(|_| network.round_trip.0 > 0.0),
            round_trip: network.round_trip.0,
            jitter: network.jitter.0,
            latencies: network.latency_quantiles.clone(),
            first_byte: network.first_byte.0,
            connect_round_trips: network.connect_round_trips,
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Whether bytes in a direction are never delayed.
    pub fn is_free(&self, direction: &Pacer) -> bool {
        let is_unpaced = self.per_connection.is_none() && self.initial_window.is_none();
        direction.per_byte.is_none() && is_unpaced
    }

    /// The pacer of a new connection in one direction.
    pub fn pacer(&self) -> ConnectionPacer {
        let slow_start = self.initial_window.map(|window| SlowStart {
            initial: window,
            window,
            round_trip: self.round_trip,
            round_ends: 0.0,
            used: 0.0,
            sent: 0.0,
        });
        ConnectionPacer { pacer: Pacer::new(self.per_connection), slow_start, passed: None }
    }

    /// The latency of an answer: from the request's last byte to the answer's first, in seconds.
    pub fn answering(&mut self) -> f64 {
        if !self.latencies.is_empty() {
            let share = self.random.random_range(0.0..1.0);
            let latency = LatencyQuantile::at(&self.latencies, share).unwrap_or_default();
            return latency.0 + self.first_byte;
        }
        let deviation = match self.jitter {
            0.0 => 0.0,
            jitter => self.random.random_range(-jitter..=jitter),
        };
        (self.round_trip + deviation).max(0.0) + self.first_byte
    }

    /// The latency of opening a connection, in seconds.
    pub fn connecting(&self) -> f64 {
        f64::from(self.connect_round_trips) * self.round_trip
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Bytes, Seconds};

    use super::*;

    fn pacer(network: &Network) -> (Link, ConnectionPacer) {
        let link = Link::new(network, 1);
        let pacer = link.pacer();
        (link, pacer)
    }

    fn at(rate: u64) -> Network {
        Network { down: Some(Bandwidth(rate)), ..Network::unlimited() }
    }

    /// Sends so many bytes with timers that are late by `late` each time, and gives how long the
    /// last of them took.
    fn send(
        link: &mut Link,
        pacers: &mut [ConnectionPacer],
        start: f64,
        bytes: usize,
        late: f64,
    ) -> f64 {
        let mut clocks = vec![start; pacers.len()];
        for _ in 0..bytes.div_ceil(PIECE) {
            for (pacer, now) in pacers.iter_mut().zip(&mut clocks) {
                let grant = pacer.grant(&mut link.down, *now, PIECE);
                *now = grant.due.map_or(*now, |due| due + late);
            }
        }
        clocks.into_iter().fold(0.0, f64::max) - start
    }

    #[test]
    fn a_long_stream_has_the_set_rate_even_with_late_timers() {
        for (mbit, late) in [(1, 0.001), (25, 0.001), (100, 0.002), (1000, 0.001), (2000, 0.001)] {
            for connections in [1, 8] {
                let (mut link, pacer) = pacer(&at(mbit * 1_000_000));
                let pieces = (mbit as f64 * 1e6 / 8.0 * 2.0 / PIECE as f64).ceil();
                let wanted = pieces * PIECE as f64 * 8.0 / (mbit as f64 * 1e6);
                let bytes = pieces as usize * PIECE;
                let mut pacers = vec![pacer; connections];
                let took = send(&mut link, &mut pacers, 100.0, bytes, late) / connections as f64;
                assert!((took / wanted - 1.0).abs() < 0.005, "{mbit} Mbit/s took {took} s");
            }
        }
    }

    #[test]
    fn after_a_pause_nothing_is_free() {
        let (mut link, mut pacer) = pacer(&at(8_000_000));
        let due = |grant: Grant| grant.due.unwrap();
        assert!((due(pacer.grant(&mut link.down, 0.0, 1000)) - 0.001).abs() < 1e-9);
        // In the middle of a body 50 ms are caught up, and no more.
        assert!((due(pacer.grant(&mut link.down, 10.0, 60_000)) - 10.01).abs() < 1e-9);
        pacer.pause();
        assert!((due(pacer.grant(&mut link.down, 20.0, 10_000)) - 20.01).abs() < 1e-9);
    }

    #[test]
    fn two_users_share_one_budget_and_the_second_queues() {
        let (mut link, mut first) = pacer(&at(8_000_000));
        let mut second = first;
        let grants = [&mut first, &mut second].map(|it| it.grant(&mut link.down, 1.0, 10_000));
        assert_eq!(grants[0], Grant { due: Some(1.01), queued: 0.0 });
        assert_eq!(grants[1], Grant { due: Some(1.02), queued: 1.01 - 1.0 });
    }

    #[test]
    fn a_connection_has_no_more_than_its_cap_and_all_no_more_than_the_links() {
        let cap = Some(Bandwidth(8_000_000));
        let network = Network { per_connection: cap, ..at(16_000_000) };
        let (mut link, one) = pacer(&network);
        let alone = send(&mut link, &mut [one], 1.0, 1_000_000, 0.0);
        assert!((alone - 1.0).abs() < 0.02, "{alone}");
        let (mut link, one) = pacer(&network);
        let four = send(&mut link, &mut [one; 4], 1.0, 1_000_000, 0.0);
        assert!((four - 2.0).abs() < 0.04, "{four}");
    }

    #[test]
    fn slow_start_doubles_each_round_trip() {
        let window = Some(Bytes(PIECE as u64));
        let round_trip = Seconds(0.1);
        let network = Network { initial_window: window, round_trip, ..Network::unlimited() };
        let (mut link, mut pacer) = pacer(&network);
        let mut now = 5.0;
        let mut rounds = Vec::new();
        for _ in 0..15 {
            let grant = pacer.grant(&mut link.down, now, PIECE);
            now = grant.due.unwrap_or(now);
            rounds.push(((now - 5.0) / 0.1).round() as u32);
        }
        assert_eq!(rounds, [0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3]);
    }

    #[test]
    fn an_idle_connection_starts_slowly_again() {
        let window = Some(Bytes(PIECE as u64));
        let round_trip = Seconds(0.1);
        let network = Network { initial_window: window, round_trip, ..Network::unlimited() };
        // Rounds that sending seven pieces takes after a pause of a connection that has sent seven:
        // its window is four pieces then, and a timeout is three round trips.
        let after = |pause: f64| {
            let (mut link, mut pacer) = pacer(&network);
            let mut now = 5.0;
            for _ in 0..7 {
                now = pacer.grant(&mut link.down, now, PIECE).due.unwrap_or(now);
            }
            pacer.pause();
            let start = now + pause;
            let mut now = start;
            for _ in 0..7 {
                now = pacer.grant(&mut link.down, now, PIECE).due.unwrap_or(now);
            }
            ((now - start) / 0.1).round() as u32
        };
        assert_eq!([0.15, 0.35, 0.65, 60.0].map(after), [1, 2, 2, 2]);
        let mut slow_start = pacer(&network).1.slow_start.unwrap();
        (slow_start.window, slow_start.sent) = (64.0 * PIECE as f64, 1.0);
        slow_start.grant(1.0 + 0.95, PIECE);
        assert_eq!(slow_start.window, 8.0 * PIECE as f64, "three timeouts halve it three times");
        slow_start.grant(1e9, PIECE);
        assert_eq!(slow_start.window, PIECE as f64);
    }

    #[test]
    fn no_distance_needs_no_slow_start() {
        let window = Some(Bytes(PIECE as u64));
        let network = Network { initial_window: window, ..Network::unlimited() };
        let (link, pacer) = pacer(&network);
        assert!(link.is_free(&link.down) && pacer.slow_start.is_none());
    }

    #[test]
    fn latencies_follow_their_quantiles_and_repeat_with_their_seed() {
        let texts = ["0%: 35 ms", "50%: 60 ms", "90%: 110 ms", "99%: 350 ms", "100%: 1 s"];
        let network = Network {
            latency_quantiles: texts.map(|text| text.parse().unwrap()).to_vec(),
            first_byte: Seconds(0.005),
            round_trip: Seconds(0.02),
            connect_round_trips: 2,
            ..Network::unlimited()
        };
        let answers = |seed| {
            let mut link = Link::new(&network, seed);
            (0..20_000).map(|_| link.answering() - 0.005).collect::<Vec<f64>>()
        };
        let first = answers(1);
        assert_eq!(first, answers(1));
        assert_ne!(first, answers(2));
        let mean = first.iter().sum::<f64>() / first.len() as f64;
        assert!((mean / network.mean_latency().0 - 1.0).abs() < 0.02, "{mean}");
        let mut sorted = first;
        sorted.sort_by(f64::total_cmp);
        for (share, wanted) in [(0.5, 0.06), (0.9, 0.11), (0.99, 0.35)] {
            let seen = sorted[(share * sorted.len() as f64) as usize];
            assert!((seen / wanted - 1.0_f64).abs() < 0.06, "{share}: {seen}");
        }
        assert!(sorted[0] >= 0.035 && sorted[sorted.len() - 1] <= 1.0);
        // Handshakes are the link's own.
        assert!((Link::new(&network, 1).connecting() - 0.04).abs() < 1e-9);
    }

    #[test]
    fn a_slow_link_takes_small_pieces() {
        let piece = |rate| Pacer::new(Some(Bandwidth(rate))).piece(1 << 20);
        assert_eq!([1, 10, 1000].map(|mbit| piece(mbit * 1_000_000)), [1460, 6250, PIECE]);
        assert_eq!(Pacer::new(None).piece(100), 100);
    }

    #[test]
    fn an_unlimited_link_never_waits() {
        let (mut link, mut pacer) = pacer(&Network::unlimited());
        assert!(link.is_free(&link.down));
        let grant = pacer.grant(&mut link.down, 0.0, usize::MAX);
        assert_eq!(grant, Grant { due: None, queued: 0.0 });
    }

    #[test]
    fn jitter_stays_in_its_bounds_and_repeats_with_its_seed() {
        let network = Network {
            round_trip: Seconds(0.04),
            jitter: Seconds(0.01),
            connect_round_trips: 2,
            first_byte: Seconds(0.005),
            ..Network::unlimited()
        };
        let trips = |seed| {
            let mut link = Link::new(&network, seed);
            (0..1000).map(|_| link.answering() - 0.005).collect::<Vec<f64>>()
        };
        let first = trips(1);
        assert!(first.iter().all(|trip| (0.029_999..=0.050_001).contains(trip)));
        let mean = first.iter().sum::<f64>() / 1000.0;
        assert!((mean - 0.04).abs() < 0.001, "{mean}");
        assert_eq!(first, trips(1));
        assert_ne!(first, trips(2));
        assert!((Link::new(&network, 1).connecting() - 0.08).abs() < 1e-9);
    }
}
