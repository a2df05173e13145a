// Hostile connection strings: what is accepted has its parts, and they lie within the text.
#include <stdlib.h>
#include <string.h>

#include "../core/connection.h"
#include "../port/error.gen.h"

static void require(int fact)
{
    if (!fact) { abort(); }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *const text = malloc(len + 1);
    memcpy(text, data, len);
    struct tt_connection connection;
    const char *why = NULL;
    const int err = tt_connection_parse(text, len, &connection, &why);
    require(err == TT_OK || (err == TT_EINVALID && why != NULL));
    if (err == TT_OK) {
        const struct tt_range parts[] = {
            connection.host,     connection.gateway,         connection.device_id,
            connection.key,      connection.second_key,      connection.module_id,
            connection.id_scope, connection.registration_id, connection.endpoint};
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            require(parts[i].len == 0 ||
                    (parts[i].data >= text && parts[i].data + parts[i].len <= text + len));
        }
        const bool dps = connection.id_scope.len > 0;
        require((connection.host.len > 0) != dps && (connection.device_id.len > 0) != dps);
        require((connection.registration_id.len > 0) == dps || !dps);
        require((connection.key.len > 0) != connection.x509);
        require(connection.second_key.len == 0 || !connection.x509);
    }
    free(text);
    return 0;
}
