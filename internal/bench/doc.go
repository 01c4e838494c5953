// Package bench measures the portal against the limits of the machine it runs on: what
// PostgreSQL and Go's own HTTP server give when nothing else is in the way. It is what
// `keyhall bench` does.
//
// It is not a load test of an installation (it talks to nobody but processes that it
// started itself, over loopback and Unix sockets), and its absolute numbers mean
// nothing elsewhere: only ratios within one run do, since limit and portal share the
// machine, the database, the client and the minute.
//
// # Method
//
// A private PostgreSQL is started in a temporary folder and removed afterwards. It has
// the settings of an installation, safe ones (fsync, synchronous_commit and
// full_page_writes on), with a buffer that holds the data. The data set is the same in
// every run but for the sealing: 33,334 licence IDs of 99 organisations in 9 families,
// the largest with 3,333; 500 products; 30 keys for each licence ID, sealed and
// fingerprinted by a vault. It goes in by COPY.
//
// Two servers run as processes of their own, with the same settings of http.Server and
// connections to the same database: the portal whole (sessions, wall, headers, echo,
// templ), and the limit, a bare net/http handler over a pgx pool of the same size. The
// limit finds the session in a map, sends the very statements that the store sends, in
// the same one batch behind the same wall, sets the same headers and appends the page
// to a buffer. What it appends is cut, once at the start, from the portal's own views
// drawn with marks for values, so it follows them when they change; before anything is
// measured every page that will be asked for is fetched from both and has to be the
// same, byte for byte. A third handler is the limit as a superuser without set_config: it
// shows what the wall costs.
//
// The client is a closed loop: each connection is kept alive and asks for the next page
// when it has the last one. Status and CRC of every answer are checked. For 1, 16 and
// 64 connections there are rounds (five, if not said otherwise), in each of which the
// servers take turns, every round beginning with another. A round's ratio is the
// portal's requests per second by the limit's; reported is the median, with the least
// and the greatest. Processor time and peak memory are those of the server's process,
// as the kernel counts them.
//
// The key file is fetched by somebody who reaches every licence ID, in turns with psql
// and \copy of the same statement under the same role and wall into /dev/null. Its
// whole length and its hash have to be those of the ledger. Memory is compared with the
// process at rest, and with twenty files of about ten thousand rows that came before.
//
// The crowd are 5,000 people who reach ten licence IDs each, with a session and a
// connection of their own; the memory of one is what the process grew by, through 5,000.
// Throughput at 1,000 connections is compared with that at 64, in turns.
//
// A request is filed and granted (P6) by 1 and by 16 customers, with an agent each, for
// their own organisations' keys, in turns with pgbench. One such pair is what is counted;
// file and approve are shown by themselves too, without a limit of their own. What
// pgbench runs is what the store says between begin and commit of the two posts, written
// down while it carries out two of them: what is the same in both is a constant, what
// isn't has to be something known, such as the key's ID, or the number that the INSERT
// returned; otherwise the measurement fails. So the script follows the store when that
// changes, batches and all. It runs prepared, behind the same wall, for the same keys in
// the same order, so that the families' audit logs are waited for alike; it looks for no
// session. Not in it is what the portal does before a transaction. After each turn, of
// either, what was granted has to be in the keys' totals and the ledger, the events,
// notices, mails and jobs have to be there, once, and all counters have to fit; at the
// end the audit log is verified. The first moments of a turn don't count: then pgbench
// prepares its statements.
//
// Noisy is a result whose limit alone spread over more than a quarter of its median: run
// it again on a quieter machine.
package bench
