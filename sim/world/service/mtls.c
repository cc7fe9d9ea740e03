#include "mtls.h"

#include "../../kernel/stream.h"

#define WHOLE_PPM 1000000

static int is_open(const mtls_session *session, const mtls_config *config, int64_t certificates,
                   int64_t now_ns)
{
    return session->requests > 0 && session->requests < config->requests_per_connection &&
           session->certificates == certificates &&
           (config->idle_ns == 0 || now_ns - session->used_at_ns < config->idle_ns);
}

static int can_resume(const mtls_session *session, const mtls_config *config, int64_t certificates,
                      int64_t now_ns, const random_key *key, uint64_t draw)
{
    random_key of_resumption = *key;

    if (session->full == 0 || session->certificates != certificates)
        return 0;
    if (config->ticket_ns > 0)
        return now_ns - session->full_at_ns < config->ticket_ns;
    of_resumption.purpose = RANDOM_RESUMPTION;
    return (int64_t)stream_below_of((uint32_t)random_u64(&of_resumption, draw), WHOLE_PPM) <
           config->resumed_ppm;
}

int64_t mtls_handshake_ns(mtls_session *session, const mtls_config *config, int64_t round_trip_ns,
                          int64_t certificates, int64_t now_ns, const random_key *key, uint64_t draw)
{
    int64_t takes_ns = config->round_trips * round_trip_ns;

    if (is_open(session, config, certificates, now_ns)) {
        takes_ns = 0;
    } else if (can_resume(session, config, certificates, now_ns, key, draw)) {
        session->resumed++;
        session->requests = 0;
        takes_ns += config->resumed_ns;
    } else {
        session->full++;
        session->full_at_ns = now_ns;
        session->requests = 0;
        takes_ns += config->full_ns;
    }
    session->requests++;
    session->certificates = certificates;
    session->used_at_ns = now_ns;
    return takes_ns;
}

void mtls_session_state(mtls_session *session, state *s, int64_t now_ns)
{
    STATE_VALUE(s, *session);
    state_check(s, session->full_at_ns >= 0 && session->full_at_ns <= now_ns && session->used_at_ns >= 0 &&
                       session->used_at_ns <= now_ns);
}
