package io.github.swscan.checkpoint.gguf;

import io.github.swscan.fixture.GgufWriter;
import io.github.swscan.fixture.HostileInput;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** GGUF files that break the format, or whose metadata describe no model. */
public final class HostileGguf {

    private static final String FILE = "model.gguf";
    private static final long HUGE = 1L << 60;

    private HostileGguf() {}

    public static Stream<HostileInput> all() {
        return Stream.of(headers(), values(), tensors(), models(), parts()).flatMap(inputs -> inputs);
    }

    private static Stream<HostileInput> headers() {
        return Stream.of(
                bytes("empty", new byte[0], "header: is cut off: the file is truncated"),
                bytes("of another kind", "GGML....".getBytes(StandardCharsets.US_ASCII), "does not begin with GGUF"),
                bytes("nothing but its start", "GGUF".getBytes(StandardCharsets.US_ASCII), "header: is cut off"),
                file("version 0", one().version(0), "header: GGUF version 0 is not supported"),
                file("version 1", one().version(1), "header: GGUF version 1 is not supported"),
                file("a version to come", one().version(4), "header: GGUF version 4 is not supported"),
                file("a negative version", one().version(-1), "header: GGUF version 4294967295 is not supported"),
                file("big-endian", one().version(3 << 24), "header: is big-endian, which is not supported"),
                file(
                        "a huge number of tensors",
                        one().tensors(HUGE),
                        "header: names 1152921504606846976 tensors, more"),
                file("a negative number of tensors", one().tensors(-1), "header: names 18446744073709551615 tensors"),
                file("a tensor too many", one().tensors(2), "is no name for a tensor: it has 0 characters"),
                file(
                        "a huge number of keys",
                        one().keys(HUGE),
                        "header: names 1152921504606846976 metadata keys, more"),
                file("a negative number of keys", one().keys(-1), "header: names 18446744073709551615 metadata keys"),
                file("a key too many", one().keys(2), "is no name for a tensor: it has 0 characters"),
                file("no tensors", new GgufWriter(), "holds no tensors"));
    }

    private static Stream<HostileInput> values() {
        byte[] nested = new byte[0];
        for (int depth = 0; depth < 6; depth++) {
            nested = GgufWriter.joined(GgufWriter.int32(GgufWriter.LIST), GgufWriter.int64(1), nested);
        }
        byte[] text = GgufWriter.joined(GgufWriter.int64(HUGE), new byte[8]);
        return Stream.of(
                file("a key twice", one().key("a", 1).key("a", 1), "a: is there twice"),
                file(
                        "a key longer than the file",
                        new GgufWriter().keyBytes(GgufWriter.int64(HUGE)),
                        "metadata: has a text of 1152921504606846976 bytes, which do not follow"),
                file(
                        "a key of negative length",
                        new GgufWriter().keyBytes(GgufWriter.int64(-1)),
                        "metadata: has a text of 18446744073709551615 bytes, which do not follow"),
                file(
                        "a text longer than the file",
                        one().key("a", GgufWriter.TEXT, text),
                        "a: has a text of 1152921504606846976 bytes, which do not follow"),
                file(
                        "a value of an unknown type",
                        one().key("a", 13, new byte[8]),
                        "a: has a value of the unknown type 13"),
                file(
                        "a value of a negative type",
                        one().key("a", -1, new byte[8]),
                        "a: has a value of the unknown type 4294967295"),
                file(
                        "a flag that is neither",
                        one().key("a", GgufWriter.BOOL, new byte[] {2}),
                        "a: is 2 where 0 or 1 is needed"),
                file(
                        "a list longer than the file",
                        one().list("a", GgufWriter.UINT32, HUGE, new byte[8]),
                        "a: has a list of 1152921504606846976 entries, which do not follow"),
                file(
                        "a list of negative length",
                        one().list("a", GgufWriter.UINT32, -1, new byte[8]),
                        "a: has a list of 18446744073709551615 entries, which do not follow"),
                file(
                        "a list of an unknown type",
                        one().list("a", 99, 1, new byte[8]),
                        "a: has a value of the unknown type 99"),
                file(
                        "a list longer than any",
                        one().list("a", 0, 4_000_001, new byte[4_000_001]),
                        "a: has a list too long: all lists together may have 4000000 entries"),
                file(
                        "lists in lists",
                        one().key("a", GgufWriter.LIST, nested),
                        "a: has lists in lists, more than 4 deep"),
                file(
                        "an alignment of 0",
                        one().key("general.alignment", 0),
                        "general.alignment: is 0, not a power of two"),
                file(
                        "an alignment of 33",
                        one().key("general.alignment", 33),
                        "general.alignment: is 33, not a power of two"),
                file(
                        "a huge alignment",
                        one().key("general.alignment", 1 << 30),
                        "general.alignment: is 1073741824, not a power of two up to 1048576"),
                file(
                        "a text as alignment",
                        one().key("general.alignment", "32"),
                        "general.alignment: is not a whole number"));
    }

    private static Stream<HostileInput> tensors() {
        return Stream.of(
                file(
                        "a tensor without a name",
                        new GgufWriter().zeros("", 8L),
                        "is no name for a tensor: it has 0 characters"),
                file(
                        "a tensor with a long name",
                        new GgufWriter().zeros("n".repeat(4097), 8L),
                        "is no name for a tensor: it has 4097 characters"),
                file("a tensor twice", one().zeros("a", 8L), "a: is there twice"),
                file(
                        "many dimensions",
                        new GgufWriter().zeros("a", 1L, 1L, 1L, 1L, 1L),
                        "a: has 5 dimensions, more than 4"),
                file("a dimension of 0", new GgufWriter().zeros("a", 0L), "a: has a dimension of 0"),
                file(
                        "a negative dimension",
                        tensor(GgufWriter.F32, List.of(-1L), 0),
                        "a: has a dimension of 18446744073709551615"),
                file(
                        "a huge dimension",
                        tensor(GgufWriter.F32, List.of(HUGE), 0),
                        "a: reaches beyond the end of the file"),
                file(
                        "dimensions that overflow",
                        tensor(GgufWriter.F32, List.of(HUGE, HUGE), 0),
                        "a: has an impossible shape"),
                file(
                        "dimensions that overflow to nothing",
                        tensor(GgufWriter.F32, List.of(1L << 32, 1L << 32), 0),
                        "a: has an impossible shape"),
                file(
                        "blocks that overflow",
                        tensor(GgufWriter.Q8_0, List.of(Long.MAX_VALUE / 32 * 32), 0),
                        "a: has an impossible shape"),
                file(
                        "rows of half a block",
                        tensor(GgufWriter.Q8_0, List.of(2L, 48L), 0),
                        "a: has rows that are not whole blocks of Q8_0"),
                file("an unknown format", tensor(99, List.of(8L), 0), "a: has the unknown format 99"),
                file("a negative format", tensor(-1, List.of(8L), 0), "a: has the unknown format 4294967295"),
                file(
                        "a format that is not read",
                        tensor(16, List.of(256L), 0),
                        "a: numbers in the format IQ2_XXS are not supported"),
                file(
                        "an offset within a block",
                        tensor(GgufWriter.F32, List.of(8L), 4),
                        "a: begins at byte 4 of the data, which is no multiple of 32"),
                file(
                        "a negative offset",
                        tensor(GgufWriter.F32, List.of(8L), -32),
                        "a: begins at byte 18446744073709551584 of the data"),
                file(
                        "an offset beyond the end",
                        tensor(GgufWriter.F32, List.of(8L), HUGE),
                        "a: reaches beyond the end of the file"),
                file(
                        "tensors that overlap",
                        new GgufWriter().zeros("a", 16L).tensor("b", GgufWriter.F32, List.of(8L), 32),
                        "b: overlaps with \"a\""));
    }

    private static Stream<HostileInput> models() {
        return Stream.of(
                file("no architecture", one(), "general.architecture: is missing"),
                file(
                        "an unknown architecture",
                        one().key("general.architecture", "../llama"),
                        "general.architecture: the architecture \"../llama\" is not supported"),
                file(
                        "a number as architecture",
                        one().key("general.architecture", 7),
                        "general.architecture: is not a text"),
                file("nothing but an architecture", one().key("general.architecture", "llama"), "is missing"),
                llama("no layers", "llama.block_count", 0, "num_hidden_layers: is 0 where a positive whole number"),
                llama(
                        "very many layers",
                        "llama.block_count",
                        100_000,
                        "num_hidden_layers: is 100000, more than 10000"),
                llama(
                        "a negative number of layers",
                        "llama.block_count",
                        -1,
                        "num_hidden_layers: is 4294967295 where a positive whole number"),
                llama(
                        "half a layer",
                        "llama.block_count",
                        0.5f,
                        "num_hidden_layers: is 0.5 where a positive whole number"),
                llama(
                        "no heads",
                        "llama.attention.head_count",
                        0,
                        "llama.attention.head_count: is not a positive whole number"),
                llama(
                        "heads that do not divide",
                        "llama.attention.head_count",
                        5,
                        "llama.attention.head_count: is 5, which does not divide 32"),
                llama("a text as size", "llama.embedding_length", "32", "llama.embedding_length: is not a number"),
                llama(
                        "another size",
                        "llama.embedding_length",
                        64,
                        "has shape [97, 32] where config.json asks for [97, 64]"),
                llama(
                        "NaN as epsilon",
                        "llama.attention.layer_norm_rms_epsilon",
                        Float.NaN,
                        "rms_norm_eps: is NaN where a positive number"),
                llama(
                        "experts without end",
                        "llama.expert_count",
                        -1,
                        "num_local_experts: is 4294967295 where a positive whole number"),
                llama(
                        "an unknown key",
                        "llama.logit_scale",
                        2.0f,
                        "llama.logit_scale: is not supported for the architecture \"llama\""),
                llama(
                        "a part of many",
                        "split.count",
                        7,
                        "split.count: says that the model has 7 files, but 1 of its name is there"));
    }

    private static Stream<HostileInput> parts() {
        return Stream.of(
                part("part 1 of none", "m-00001-of-00000.gguf", "m-00001-of-00000.gguf: is named as part 1 of 0"),
                part("part 3 of 2", "m-00003-of-00002.gguf", "m-00003-of-00002.gguf: is named as part 3 of 2"),
                part("part 0", "m-00000-of-00002.gguf", "m-00000-of-00002.gguf: is named as part 0 of 2"),
                part(
                        "a part of very many",
                        "m-00001-of-99999.gguf",
                        "m-00002-of-99999.gguf: is another part of the model but is not in the folder"));
    }

    private static HostileInput bytes(String name, byte[] content, String complaint) {
        return HostileInput.of("GGUF: " + name, FILE, complaint, model -> Files.write(model.resolve(FILE), content));
    }

    private static HostileInput file(String name, GgufWriter file, String complaint) {
        return bytes(name, file.bytes(), complaint);
    }

    private static HostileInput part(String name, String file, String complaint) {
        return new HostileInput(
                "GGUF: " + name, List.of(complaint), model -> one().write(model.resolve(file)), List.of("{}/" + file));
    }

    /** A file of a model, with another value for one of its keys. */
    private static HostileInput llama(String name, String key, Object value, String complaint) {
        return HostileInput.of(
                "GGUF: " + name, FILE, complaint, model -> model(key, value).write(model.resolve(FILE)));
    }

    private static GgufWriter model(String changed, Object value) {
        GgufWriter file = new GgufWriter();
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("general.architecture", "llama");
        keys.put("llama.block_count", 1);
        keys.put("llama.context_length", 64);
        keys.put("llama.embedding_length", 32);
        keys.put("llama.feed_forward_length", 48);
        keys.put("llama.attention.head_count", 4);
        keys.put("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        keys.put(changed, value);
        keys.forEach(file::key);
        return file.zeros("token_embd.weight", 97L, 32L)
                .zeros("blk.0.attn_norm.weight", 32L)
                .zeros("blk.0.attn_q.weight", 32L, 32L)
                .zeros("blk.0.attn_k.weight", 32L, 32L)
                .zeros("blk.0.attn_v.weight", 32L, 32L)
                .zeros("blk.0.attn_output.weight", 32L, 32L)
                .zeros("blk.0.ffn_norm.weight", 32L)
                .zeros("blk.0.ffn_gate.weight", 48L, 32L)
                .zeros("blk.0.ffn_up.weight", 48L, 32L)
                .zeros("blk.0.ffn_down.weight", 32L, 48L)
                .zeros("output_norm.weight", 32L);
    }

    private static GgufWriter one() {
        return new GgufWriter().zeros("a", 8L);
    }

    private static GgufWriter tensor(int format, List<Long> shape, long offset) {
        return new GgufWriter().tensor("a", format, shape, offset);
    }
}
