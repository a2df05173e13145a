// Who calls and where: keys, modules, gateways and model ids as the fake hub sees them.
#include "fake_world.h"

static struct fake_world world;

static void restart(void)
{
    tt_link_stop(&world.link);
    fake_restart(&world);
}

static void module_identity(void)
{
    fake_start(&world);
    world.hub.client = "d1/m1";
    world.hub.id = "d1/modules/m1";
    world.config.connection.module_id = fake_text("m1");
    restart();
    fake_send(&world, "{}");
    fake_run(&world, 1000);
    CHECK(strcmp(world.hub.username,
                 "hub.test/d1/m1/?api-version=2021-04-12&DeviceClientType=tinytwin") == 0);
    CHECK(strstr(world.hub.password, "sr=hub.test%2Fdevices%2Fd1%2Fmodules%2Fm1&") != NULL);
    CHECK_INT(world.hub.telemetry_count, 1);
    fake_invoke(&world, "brew", "1", 2);
    fake_run(&world, 10);
    CHECK_INT(world.hub.reply_status, 200);
    CHECK_INT(world.desired, 1);
}

static void module_input(void)
{
    fake_start(&world);
    world.hub.client = "d1/m1";
    world.hub.id = "d1/modules/m1";
    world.config.connection.module_id = fake_text("m1");
    restart();
    fake_run(&world, 10);
    fake_queue_message(&world, "in1/a=1", 3);
    fake_queue_message(&world, "in2/", 3);
    fake_run(&world, 1000);
    CHECK(strcmp(world.message_properties[0], "$.in=in1&a=1") == 0);
    CHECK(strcmp(world.message_properties[1], "$.in=in2") == 0);
    CHECK_INT(world.hub.message_count, 0);
}

static void gateway(void)
{
    fake_start(&world);
    world.dialled = "edge.local";
    world.port_dialled = 28883;
    world.config.connection.gateway = fake_text("edge.local:28883");
    restart();
    fake_run(&world, 1000);
    CHECK(strncmp(world.hub.username, "hub.test/d1/?", 13) == 0);
    CHECK(strstr(world.hub.password, "sr=hub.test%2Fdevices%2Fd1&") != NULL);
    CHECK(strcmp(world.link.name, "edge.local") == 0); // whose certificate is expected
    CHECK(tt_link_connected(&world.link));
}

static void host_with_port(void)
{
    fake_start(&world);
    world.port_dialled = 18883;
    world.config.connection.host = fake_text("hub.test:18883");
    restart();
    fake_run(&world, 1000);
    CHECK(strncmp(world.hub.username, "hub.test:18883/d1/?", 19) == 0);
    CHECK(strstr(world.hub.password, "sr=hub.test%3A18883%2Fdevices%2Fd1&") != NULL);
}

static void model_id(void)
{
    fake_start(&world);
    world.config.model_id = "dtmi:com:example:Coffee;1";
    restart();
    fake_run(&world, 1000);
    CHECK(strcmp(world.hub.username, "hub.test/d1/?api-version=2021-04-12&DeviceClientType=tinytwin"
                                     "&model-id=dtmi%3Acom%3Aexample%3ACoffee%3B1") == 0);
}

// The signature of the first key's token at the fixed moment the fake world begins.
static void first_signature(char out[64])
{
    fake_start(&world);
    fake_run(&world, 0);
    const char *const sig = strstr(world.hub.password, "&sig=");
    CHECK(sig != NULL);
    memcpy(out, sig, 30);
    out[30] = 0;
}

static void second_key(void)
{
    char first[64];
    first_signature(first);
    fake_start(&world);
    world.config.connection.second_key = fake_text("b3RoZXIga2V5");
    world.hub.key_refused = first;
    restart();
    fake_run(&world, 1300); // the first wait is short
    CHECK_INT(world.hub.connects, 2);
    CHECK(tt_link_connected(&world.link));
    CHECK(strstr(world.hub.password, first) == NULL);
    CHECK(strcmp(world.disconnect_text,
                 "auth: the hub does not authorize this device (CONNACK 5)") == 0);
}

static void both_keys_refused(void)
{
    fake_start(&world);
    world.config.connection.second_key = fake_text("b3RoZXIga2V5");
    world.hub.connack = 5;
    restart();
    fake_run(&world, 600000);
    // As often as with one key: once more at first, then within a minute at most.
    CHECK(world.hub.connects >= 12 && world.hub.connects <= 45);
    world.hub.connack = 0;
    fake_run(&world, 60000);
    CHECK(tt_link_connected(&world.link));
}

static void throttled_keeps_key(void)
{
    fake_start(&world);
    world.config.connection.second_key = fake_text("b3RoZXIga2V5");
    world.hub.connack = 3;
    restart();
    fake_run(&world, 100000);
    CHECK(!world.link.second);
}

int main(void)
{
    RUN(module_identity, "a module has its own client id, topics and token");
    RUN(module_input, "a message on a module's input names the input");
    RUN(gateway, "with a gateway only TCP and TLS go there");
    RUN(host_with_port, "a host's port is dialled, and stands in user name and token");
    RUN(model_id, "the model id is announced, encoded");
    RUN(second_key, "a key the hub refuses is followed by the other at once");
    RUN(both_keys_refused, "two refused keys take turns and hammer nobody");
    RUN(throttled_keeps_key, "a hub that is busy does not change the key");
    return 0;
}
