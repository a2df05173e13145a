// Connection strings against the shared cases.
#include "../core/connection.h"
#include "vectors.h"

static bool is(struct tt_range part, struct tt_range item, const char *name)
{
    char text[512];
    const struct tt_range wanted = vector_text(item, name, text, sizeof text);
    return part.len == wanted.len && (part.len == 0 || memcmp(part.data, text, part.len) == 0);
}

static void shared_cases(void)
{
    struct vectors vectors = vectors_open("test/vectors/connection.json");
    struct tt_range item;
    while (vectors_next(&vectors, &item)) {
        char name[256];
        char line[512];
        check_case = vector_text(item, "name", name, sizeof name).data;
        const struct tt_range text = vector_text(item, "connection", line, sizeof line);
        struct tt_connection connection;
        const char *why = NULL;
        const int err = tt_connection_parse(text.data, text.len, &connection, &why);
        if (vector_integer(item, "refuse") == 1) {
            CHECK_INT(err, TT_EINVALID);
            CHECK(why != NULL);
            continue;
        }
        CHECK_INT(err, TT_OK);
        CHECK(is(connection.host, item, "host") && is(connection.gateway, item, "gateway"));
        CHECK(is(connection.device_id, item, "device") && is(connection.module_id, item, "module"));
        CHECK(is(connection.key, item, "key") && is(connection.second_key, item, "secondKey"));
        CHECK(is(connection.id_scope, item, "scope"));
        CHECK(is(connection.registration_id, item, "registration"));
        CHECK(is(connection.endpoint, item, "endpoint"));
        CHECK_INT(connection.group, vector_integer(item, "group") == 1);
        CHECK_INT(connection.x509, vector_integer(item, "x509") == 1);
    }
    CHECK(vectors.count >= 45);
}

static void with_nul(void)
{
    static const char text[] = "HostName=h;DeviceId=d;SharedAccessKey=YQ==";
    struct tt_connection connection;
    const char *why;
    CHECK_INT(tt_connection_parse(text, sizeof text, &connection, &why), TT_OK);
    CHECK(tt_range_is(connection.key, "YQ=="));
}

int main(void)
{
    RUN(shared_cases, "each shared connection string is taken apart or refused");
    RUN(with_nul, "the text may end in one NUL");
    return 0;
}
