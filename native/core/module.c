// Reads a Wasm module's types, imports, memory and exports; a malformed one is refused, never
// trusted.
#include "module.h"

#include <stdbool.h>
#include <string.h>

#include "abi.gen.h"
#include "bytes.h"

enum section {
    CUSTOM = 0,
    TYPES = 1,
    IMPORTS = 2,
    FUNCTIONS = 3,
    MEMORY = 5,
    EXPORTS = 7,
    START = 8
};
enum kind { FUNCTION = 0, TABLE = 1, MEMORY_KIND = 2, GLOBAL = 3 };
enum { SIGNATURE_MAX = 24 };

struct module {
    const struct tt_board *board;
    struct tt_reader types; // whole sections' bodies, empty when absent
    struct tt_reader functions;
    uint32_t imported; // functions
    bool has_memory;
    bool has_start;
    bool has_on_event;
    bool has_exported_memory;
    struct tt_writer why;
};

static const struct {
    const char *name;
    const char *signature;
} exports[] = {{"start", "v()"}, {"on_event", "v(ii)"}, {"__collect", "v()"}};

static int refuse(struct module *module, int err, const char *before, struct tt_range about,
                  const char *after)
{
    tt_writer_text(&module->why, before);
    tt_writer_bytes(&module->why, about.data, about.len);
    tt_writer_text(&module->why, after);
    return err;
}

static int malformed(struct module *module)
{
    return refuse(module, TT_EINVALID, "the app is not a well-formed Wasm module",
                  (struct tt_range){0}, "");
}

// Unsigned LEB128 of at most 32 bits.
static uint32_t read_number(struct tt_reader *reader)
{
    uint32_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        const uint8_t byte = tt_reader_u8(reader);
        value |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80) { return value; }
    }
    reader->cut = true;
    return 0;
}

static struct tt_range read_name(struct tt_reader *reader)
{
    const uint32_t len = read_number(reader);
    const uint8_t *const data = tt_reader_take(reader, len);
    return (struct tt_range){.data = (const char *)data, .len = data ? len : 0};
}

static void read_value_types(struct tt_reader *reader, struct tt_writer *out)
{
    const uint32_t count = read_number(reader);
    for (uint32_t i = 0; i < count && !reader->cut; i++) {
        switch (tt_reader_u8(reader)) {
        case 0x7F:
            tt_writer_text(out, "i");
            break;
        case 0x7E:
            tt_writer_text(out, "I");
            break;
        case 0x7D:
            tt_writer_text(out, "f");
            break;
        case 0x7C:
            tt_writer_text(out, "F");
            break;
        default:
            reader->cut = true;
        }
    }
}

// Whether type `index` is signature, in the letters of struct tt_import.
static bool type_is(struct tt_reader types, uint32_t index, const char *signature)
{
    const uint32_t count = read_number(&types);
    if (index >= count) { return false; }
    for (uint32_t i = 0; !types.cut; i++) {
        char parameters[SIGNATURE_MAX];
        char whole[SIGNATURE_MAX];
        struct tt_writer inside = tt_writer_of(parameters, sizeof parameters);
        struct tt_writer out = tt_writer_of(whole, sizeof whole);
        if (tt_reader_u8(&types) != 0x60) { return false; }
        read_value_types(&types, &inside);
        read_value_types(&types, &out);
        if (i < index) { continue; }
        if (out.len == 0) { tt_writer_text(&out, "v"); }
        tt_writer_text(&out, "(");
        tt_writer_bytes(&out, parameters, inside.len);
        tt_writer_text(&out, ")");
        return !types.cut && !inside.full && !out.full && out.len == strlen(signature) &&
               memcmp(whole, signature, out.len) == 0;
    }
    return false;
}

static const struct tt_import *find_import(struct tt_range module, struct tt_range name)
{
    for (size_t i = 0; i < TT_IMPORT_COUNT; i++) {
        if (tt_range_is(module, tt_imports[i].module) && tt_range_is(name, tt_imports[i].name)) {
            return &tt_imports[i];
        }
    }
    return NULL;
}

static bool board_has(const struct tt_board *board, unsigned needs)
{
    if ((needs & TT_BOARD_UPLOAD) != 0) { return board->upload_bytes > 0; }
    if ((needs & TT_BOARD_FILES) != 0) { return board->files_blocks > 0; }
    for (size_t i = 0; i < board->pin_count; i++) {
        if (board->pins[i].kind & needs) { return true; }
    }
    return needs == 0;
}

static int refuse_import(struct module *module, int err, const char *before, struct tt_range from,
                         struct tt_range name, const char *after)
{
    tt_writer_text(&module->why, before);
    tt_writer_bytes(&module->why, from.data, from.len);
    tt_writer_text(&module->why, ".");
    return refuse(module, err, "", name, after);
}

static int check_imports(struct module *module, struct tt_reader reader)
{
    const uint32_t count = read_number(&reader);
    for (uint32_t i = 0; i < count && !reader.cut; i++) {
        const struct tt_range from = read_name(&reader);
        const struct tt_range name = read_name(&reader);
        const uint8_t kind = tt_reader_u8(&reader);
        if (reader.cut) { break; }
        const struct tt_import *const import = find_import(from, name);
        if (kind != FUNCTION || !import) {
            return refuse_import(module, TT_EUNSUPPORTED, "the app imports ", from, name,
                                 ", which this firmware does not have");
        }
        if (!type_is(module->types, read_number(&reader), import->signature)) {
            return refuse_import(module, TT_EINVALID, "the app imports ", from, name,
                                 " with another signature; build it with the SDK of this firmware");
        }
        if (!board_has(module->board, import->needs)) {
            tt_writer_text(&module->why, "board '");
            tt_writer_text(&module->why, module->board->name);
            tt_writer_text(&module->why, import->needs < TT_BOARD_UPLOAD ? "' has no pin for "
                                                                         : "' has no room for ");
            tt_writer_text(&module->why, import->module);
            return refuse_import(module, TT_EUNSUPPORTED, ", which the app's import ", from, name,
                                 " needs");
        }
        module->imported++;
    }
    return reader.cut ? malformed(module) : TT_OK;
}

static int check_memory(struct module *module, struct tt_reader reader)
{
    const uint32_t count = read_number(&reader);
    const uint32_t flags = read_number(&reader);
    const uint32_t least = read_number(&reader);
    const uint32_t most = flags == 1 ? read_number(&reader) : 0;
    if (reader.cut) { return malformed(module); }
    if (count != 1 || flags != 1 || least > 1 || most != 1) {
        return refuse(module, TT_EINVALID,
                      "the app does not declare one memory of at most one page; build it with "
                      "--maximumMemory 1",
                      (struct tt_range){0}, "");
    }
    module->has_memory = true;
    return TT_OK;
}

static bool function_is(const struct module *module, uint32_t index, const char *signature)
{
    if (index < module->imported) { return false; }
    struct tt_reader functions = module->functions;
    const uint32_t count = read_number(&functions);
    if (index - module->imported >= count) { return false; }
    for (uint32_t i = module->imported; i < index; i++) {
        read_number(&functions);
    }
    const uint32_t type = read_number(&functions);
    return !functions.cut && type_is(module->types, type, signature);
}

static int check_exports(struct module *module, struct tt_reader reader)
{
    const uint32_t count = read_number(&reader);
    for (uint32_t i = 0; i < count && !reader.cut; i++) {
        const struct tt_range name = read_name(&reader);
        const uint8_t kind = tt_reader_u8(&reader);
        const uint32_t index = read_number(&reader);
        if (reader.cut) { break; }
        for (size_t j = 0; j < sizeof exports / sizeof exports[0]; j++) {
            if (!tt_range_is(name, exports[j].name)) { continue; }
            if (kind != FUNCTION || !function_is(module, index, exports[j].signature)) {
                return refuse(module, TT_EINVALID, "the app exports ", name,
                              " with another type; build it with the SDK of this firmware");
            }
            if (j == 0) { module->has_start = true; }
            if (j == 1) { module->has_on_event = true; }
        }
        if (kind == MEMORY_KIND && tt_range_is(name, "memory")) {
            module->has_exported_memory = true;
        }
    }
    return reader.cut ? malformed(module) : TT_OK;
}

// The content of a section "tinytwin.model"; data is NULL for any other custom section.
static struct tt_range model_of(struct tt_reader section)
{
    if (!tt_range_is(read_name(&section), "tinytwin.model") || section.cut) {
        return (struct tt_range){0};
    }
    const size_t len = tt_reader_left(&section);
    return (struct tt_range){(const char *)tt_reader_take(&section, len), len};
}

// It becomes part of a user name: nothing but what a DTMI is made of may be in it.
static int check_custom(struct module *module, struct tt_reader section)
{
    const struct tt_range id = model_of(section);
    if (id.data == NULL) { return TT_OK; }
    bool good = id.len > 5 && id.len <= TT_MODULE_MODEL_ID_MAX && memcmp(id.data, "dtmi:", 5) == 0;
    for (size_t i = 0; good && i < id.len; i++) {
        const unsigned char c = (unsigned char)id.data[i];
        // '0' to '9', ':' and ';' follow one another.
        good = (unsigned char)((c | 0x20) - 'a') < 26 || (c >= '0' && c <= ';') || c == '_' ||
               c == '.';
    }
    if (good) { return TT_OK; }
    return refuse(module, TT_EINVALID, "the app's model id is malformed", (struct tt_range){0}, "");
}

static int check_section(struct module *module, uint8_t id, struct tt_reader body)
{
    switch (id) {
    case CUSTOM:
        return check_custom(module, body);
    case TYPES:
        module->types = body;
        return TT_OK;
    case IMPORTS:
        return check_imports(module, body);
    case FUNCTIONS:
        module->functions = body;
        return TT_OK;
    case MEMORY:
        return check_memory(module, body);
    case EXPORTS:
        return check_exports(module, body);
    case START:
        return refuse(module, TT_EINVALID,
                      "the app has a start section; build it with --exportStart start",
                      (struct tt_range){0}, "");
    default:
        return TT_OK;
    }
}

// False when there is none any more, or the reader was cut.
static bool next_section(struct tt_reader *reader, uint8_t *id, struct tt_reader *body)
{
    if (tt_reader_left(reader) == 0) { return false; }
    *id = tt_reader_u8(reader);
    const uint32_t len = read_number(reader);
    *body = tt_reader_of(tt_reader_take(reader, len), len);
    return !reader->cut;
}

static int check(struct module *module, struct tt_reader reader)
{
    static const uint8_t magic[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    const uint8_t *const head = tt_reader_take(&reader, sizeof magic);
    if (!head || memcmp(head, magic, sizeof magic) != 0) { return malformed(module); }
    uint8_t last = 0;
    uint8_t id;
    struct tt_reader body;
    while (next_section(&reader, &id, &body)) {
        // Order matters here: imports are checked against types, exports against functions. Section
        // 12 stands between 9 and 10 and is none of ours.
        if (id != 0 && id < START && id <= last) { return malformed(module); }
        if (id != 0) { last = id; }
        const int err = check_section(module, id, body);
        if (err < 0) { return err; }
    }
    if (reader.cut) { return malformed(module); }
    if (!module->has_memory || !module->has_exported_memory || !module->has_start ||
        !module->has_on_event) {
        return refuse(module, TT_EINVALID,
                      "the app does not export start, on_event and memory; build it with tinytwin "
                      "build",
                      (struct tt_range){0}, "");
    }
    return TT_OK;
}

int tt_module_check(const uint8_t *wasm, size_t len, const struct tt_board *board,
                    char why[TT_MODULE_WHY_MAX])
{
    struct module module = {.board = board, .why = tt_writer_of(why, TT_MODULE_WHY_MAX - 1)};
    int err;
    if (len > TT_MODULE_BYTES_MAX) {
        err = refuse(&module, TT_EINVALID, "the app is larger than 512 KiB", (struct tt_range){0},
                     "");
    } else {
        err = check(&module, tt_reader_of(wasm, len));
    }
    why[module.why.len] = 0;
    return err;
}

struct tt_range tt_module_model_id(const uint8_t *wasm, size_t len)
{
    struct tt_reader reader = tt_reader_of(wasm, len);
    tt_reader_take(&reader, 8); // magic and version
    uint8_t id;
    struct tt_reader body;
    while (next_section(&reader, &id, &body)) {
        const struct tt_range model = id == CUSTOM ? model_of(body) : (struct tt_range){0};
        if (model.data != NULL) { return model; }
    }
    return (struct tt_range){0};
}
