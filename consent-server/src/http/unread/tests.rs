use std::cell::RefCell;
use std::pin::Pin;
use std::thread;
use std::time::{Duration, Instant};

use super::*;

/// A connection with its task, which has a turn when it is told to, and does nothing then.
struct Task {
    connection: Arc<Connection>,
    served: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
    turns: Arc<AtomicUsize>,
}

/// Numbers of tasks, in the order in which they were woken.
type Woken = Arc<Mutex<VecDeque<usize>>>;

struct Number(usize, Woken);

impl Wake for Number {
    fn wake(self: Arc<Self>) {
        self.1.lock().unwrap().push_back(self.0);
    }
}

impl Task {
    fn new(unread: &Unread, number: usize, woken: &Woken) -> Self {
        let (connection, turns) = (Connection::new(unread.clone()), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&turns);
        let served = std::future::poll_fn(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Poll::<()>::Pending
        });
        let served = Box::pin(Arc::clone(&connection).during(served));
        let waker = Waker::from(Arc::new(Number(number, Arc::clone(woken))));
        let mut task = Self { connection, served, waker, turns };
        // A new task always has a turn.
        task.runs();
        task
    }

    /// Turns to it, and returns whether it did something.
    fn runs(&mut self) -> bool {
        let before = self.turns.load(Ordering::Relaxed);
        assert!(self.served.as_mut().poll(&mut Context::from_waker(&self.waker)).is_pending());
        self.turns.load(Ordering::Relaxed) > before
    }
}

fn read(connections: &[Arc<Connection>]) {
    for one in connections {
        one.becomes(RESTING);
    }
}

#[test]
fn a_connection_counts_from_when_it_is_woken_until_somebody_turns_to_it() {
    let (unread, held) = (Unread::default(), RefCell::new(Waker::noop().clone()));
    let (connection, other) = (Connection::new(unread.clone()), Connection::new(unread.clone()));
    let wake = || held.borrow().wake_by_ref();
    {
        let served = std::future::poll_fn(|context| {
            held.replace(context.waker().clone());
            Poll::<()>::Pending
        });
        let mut served = Box::pin(Arc::clone(&connection).during(served));
        let mut turn = || served.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending();
        assert_eq!(unread.count(), 2, "both are new");
        assert!(turn());
        assert_eq!(unread.count(), 1);
        wake();
        wake();
        assert_eq!(unread.count(), 2, "once, however often it is woken");
        assert!(turn());
        let answering = connection.answering();
        wake();
        assert_eq!(unread.count(), 1, "it is woken for its answer");
        assert!(turn());
        drop(answering);
        assert_eq!(unread.count(), 1);
        wake();
        assert_eq!(unread.count(), 2, "and for the next request");
        drop(connection.answering());
        assert_eq!(unread.count(), 1, "which was found on the way");
        wake();
    }
    assert_eq!(unread.count(), 1, "it is closed");
    wake();
    assert_eq!(unread.count(), 1, "for ever");
    let open = || unread.0.open.load(Ordering::Relaxed);
    assert_eq!(open(), 1, "though somebody has its waker");
    drop(other);
    assert_eq!(open(), 0);
    assert_eq!(unread.count(), 0);
}

#[test]
fn who_finds_too_many_in_front_is_behind_a_crowd_and_only_there() {
    let unread = Unread::default();
    let arrive = |count: usize| (0..count).map(|_| Connection::new(unread.clone())).collect::<Vec<_>>();
    let is_behind = |one: &Arc<Connection>| unread.are_too_many(one.ahead());
    let mut crowd = arrive(for_each(OPEN) + 1);
    let enough = for_each(AHEAD) + 1;
    assert!(!crowd[..enough].iter().any(is_behind), "the first wait for few");
    assert!(crowd[enough..].iter().all(is_behind));
    let last = crowd.last().map(Arc::clone).unwrap();
    drop(last.answering());
    assert!(is_behind(&last), "who asks again goes past all of them");
    read(&crowd);
    drop(last.answering());
    assert!(!is_behind(&last), "all was read");
    last.wake_by_ref();
    assert!(!is_behind(&last));
    crowd[..for_each(AHEAD)].iter().for_each(Connection::wake_by_ref);
    let next = &crowd[for_each(AHEAD)];
    next.wake_by_ref();
    assert!(is_behind(next));
    let next = Arc::clone(next);
    drop((last, crowd.pop()));
    assert!(!is_behind(&next), "so few connections wait for nobody but each other");
}

#[test]
fn a_few_are_called_at_a_time_in_the_order_in_which_they_came_and_nobody_is_forgotten() {
    let (unread, woken) = (Unread::default(), Woken::default());
    let count = 20 * for_each(PLACES);
    let mut tasks: Vec<_> = (0..count).map(|number| Some(Task::new(&unread, number, &woken))).collect();
    let run = |tasks: &mut [Option<Task>], most: usize| {
        let mut order = Vec::new();
        while order.len() < most {
            assert!(woken.lock().unwrap().len() <= for_each(PLACES));
            let Some(next) = woken.lock().unwrap().pop_front() else { break };
            if tasks[next].as_mut().is_some_and(Task::runs) {
                order.push(next);
            }
        }
        order
    };
    run(&mut tasks, usize::MAX);
    assert_eq!(unread.count(), 0);
    let came: Vec<_> = (0..count).rev().collect();
    for number in &came {
        tasks[*number].as_ref().unwrap().connection.wake_by_ref();
    }
    let first = run(&mut tasks, for_each(PLACES));
    assert_eq!(first, came[..first.len()]);
    // Some are closed: of those that are called, and of those that wait.
    let mut left = came[first.len()..].to_vec();
    for number in left.drain(1..3).collect::<Vec<_>>().into_iter().chain(left.drain(count / 2..)) {
        tasks[number] = None;
    }
    // So is one to which nobody ever turned.
    let connection = Connection::new(unread.clone());
    drop(Arc::clone(&connection).during(std::future::pending::<()>()));
    assert_eq!(connection.state.load(Ordering::Relaxed), CLOSED);
    assert_eq!(run(&mut tasks, usize::MAX), left);
    assert_eq!(unread.count(), 0);
    assert_eq!(unread.queue().called, 0);
}

#[test]
fn an_answer_waits_for_nobody() {
    let (unread, woken) = (Unread::default(), Woken::default());
    let mut task = Task::new(&unread, 0, &woken);
    let answering = task.connection.answering();
    let crowd: Vec<_> = (0..10 * for_each(PLACES)).map(|_| Connection::new(unread.clone())).collect();
    task.connection.wake_by_ref();
    assert_eq!(woken.lock().unwrap().pop_front(), Some(0));
    assert!(task.runs());
    drop(answering);
    task.connection.wake_by_ref();
    assert!(woken.lock().unwrap().is_empty(), "but the next request does");
    assert!(!task.runs(), "though somebody turns to it");
    let answering = task.connection.answering();
    assert_eq!(
        woken.lock().unwrap().pop_front(),
        Some(0),
        "which was found on the way, and may have come in pieces"
    );
    assert!(task.runs());
    drop((answering, crowd));
    assert_eq!(unread.count(), 0);
}

#[test]
fn whoever_wakes_them_meanwhile_nothing_is_missed_and_the_count_is_right_in_the_end() {
    const ROUNDS: usize = 1_000;
    let connections = 8 * for_each(PLACES);
    let unread = Unread::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let rounds = || Arc::new((0..connections).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>());
    let (told, seen) = (rounds(), rounds());
    // Some go away before the others.
    let last = move |at: usize| ROUNDS - ROUNDS / 2 * at / connections;
    let (mut served, mut wakers) = (Vec::new(), Vec::new());
    for at in 0..connections {
        let (told, seen) = (Arc::clone(&told), Arc::clone(&seen));
        let connection = Connection::new(unread.clone());
        wakers.push(Waker::from(Arc::clone(&connection)));
        let (here, mut held) = (Arc::clone(&connection), None);
        served.push(runtime.spawn(connection.during(std::future::poll_fn(move |_| {
            let round = told[at].load(Ordering::Relaxed);
            // Of three rounds one is answered at once, and one when something else has come.
            drop(held.take());
            match round % 3 {
                1 => drop(here.answering()),
                2 => held = Some(here.answering()),
                _ => {}
            }
            seen[at].store(round, Ordering::Relaxed);
            if round < last(at) { Poll::Pending } else { Poll::Ready(()) }
        }))));
    }
    let patience = Instant::now() + Duration::from_secs(60);
    thread::scope(|scope| {
        // One tells the next round when the last was seen, which it would never be if a wake were lost.
        scope.spawn(|| {
            for round in 1..=ROUNDS {
                for (told, waker) in told.iter().zip(&wakers) {
                    told.store(round, Ordering::Relaxed);
                    waker.wake_by_ref();
                }
                for (at, seen) in seen.iter().enumerate() {
                    while seen.load(Ordering::Relaxed) < round.min(last(at)) {
                        assert!(Instant::now() < patience, "round {round} of connection {at} was never seen");
                        assert!(unread.count() < 2 * connections, "{}", unread.count());
                        thread::yield_now();
                    }
                }
            }
        });
        // The other wakes for nothing; but not always, as that would make good what was lost.
        scope.spawn(|| {
            while told[0].load(Ordering::Relaxed) < ROUNDS && Instant::now() < patience {
                if told[0].load(Ordering::Relaxed) / 16 % 2 == 0 {
                    wakers.iter().for_each(Waker::wake_by_ref);
                }
                thread::yield_now();
            }
        });
    });
    for one in served {
        runtime.block_on(one).unwrap();
    }
    assert_eq!(unread.count(), 0);
    assert_eq!(unread.queue().called, 0);
}
