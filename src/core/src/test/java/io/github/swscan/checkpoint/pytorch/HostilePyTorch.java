package io.github.swscan.checkpoint.pytorch;

import io.github.swscan.fixture.HostileInput;
import io.github.swscan.fixture.TorchFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/** Files of PyTorch that are damaged, or made to harm: archives, the pickles in them, TorchScript, old files. */
public final class HostilePyTorch {

    private static final String FILE = "pytorch_model.bin";
    private static final String UNREADABLE = "data.pkl: is not a pickle that can be read";

    /** A name that a pickle may call in Python, in the same way in which tensors are made. */
    private record Global(String module, String name) {

        String complaint() {
            return "data.pkl: wants to load \"%s.%s\", which no file of weights needs: it was not loaded"
                    .formatted(module, name);
        }
    }

    private static final List<Global> FORBIDDEN = List.of(
            new Global("os", "system"),
            new Global("posix", "system"),
            new Global("nt", "system"),
            new Global("builtins", "eval"),
            new Global("builtins", "exec"),
            new Global("builtins", "getattr"),
            new Global("builtins", "__import__"),
            new Global("__builtin__", "exec"),
            new Global("subprocess", "Popen"),
            new Global("copyreg", "_reconstructor"),
            new Global("copy_reg", "add_extension"),
            new Global("_codecs", "encode"),
            new Global("numpy.core.multiarray", "_reconstruct"),
            new Global("argparse", "Namespace"),
            new Global("torch", "load"),
            new Global("torch._utils", "_rebuild_sparse_tensor"),
            new Global("torch.FloatStorage", "x"),
            new Global("torch", "FloatStorage.__class__"),
            new Global("torch", "_utils._rebuild_tensor_v2"),
            new Global("collections", "OrderedDict.fromkeys"),
            new Global("collections", "OrderedDict.__reduce__"),
            new Global("collections", "OrderedDict.__subclasses__"),
            new Global("__torch__", "Model"),
            new Global("", "eval"));

    private HostilePyTorch() {}

    public static Stream<HostileInput> all() {
        return Stream.of(globals(), instructions(), sizes(), storages(), torchScript(), archives(), old())
                .flatMap(inputs -> inputs);
    }

    /** Each by the old and by the new instruction for names. */
    private static Stream<HostileInput> globals() {
        return FORBIDDEN.stream()
                .flatMap(global -> Stream.of(
                        pickle(
                                "calls " + global,
                                new TorchFile()
                                        .global(global.module(), global.name())
                                        .op('(')
                                        .text("touch x")
                                        .op('t', 'R'),
                                global.complaint()),
                        pickle(
                                "calls from the stack " + global,
                                new TorchFile()
                                        .text(global.module())
                                        .text(global.name())
                                        .op(0x93, '(')
                                        .text("touch x")
                                        .op('t', 'R'),
                                global.complaint())));
    }

    private static Stream<HostileInput> instructions() {
        return Stream.of(
                pickle("a name of numbers", new TorchFile().number(1).number(2).op(0x93), "a name that is no text"),
                pickle("a name of one text", new TorchFile().text("os").op(0x93), UNREADABLE),
                pickle("a name without an end", new TorchFile().op('c', 'o', 's'), "ends within a name"),
                pickle(
                        "a class made by INST",
                        new TorchFile().op('(').text("id").op('i', 'o', 's', '\n', 's', 'y', 's', '\n'),
                        "instruction 105 has no place in a file of weights"),
                pickle(
                        "an object made by OBJ",
                        new TorchFile()
                                .op('(')
                                .global("collections", "OrderedDict")
                                .op('o'),
                        "instruction 111 has no place in a file of weights"),
                pickle("an extension", new TorchFile().op(0x82, 1), "instruction 130 has no place"),
                pickle("a long extension", new TorchFile().op(0x84, 1, 0, 0, 0), "instruction 132 has no place"),
                pickle("a buffer", new TorchFile().op(0x97), "instruction 151 has no place"),
                pickle("a read-only buffer", new TorchFile().text("x").op(0x98), "instruction 152 has no place"),
                pickle("a long array of bytes", new TorchFile().op(0x96, 0, 0, 0, 0, 0, 0, 0, 0x10), "instruction 150"),
                pickle("an unknown instruction", new TorchFile().op(0xFF), "instruction 255 has no place"),
                pickle("a text as a reference", new TorchFile().op('P', 'x', '\n'), "instruction 80 has no place"),
                pickle(
                        "an object with keywords",
                        new TorchFile().global("collections", "OrderedDict").op(')', '}', 0x92),
                        "instruction 146 has no place"),
                pickle(
                        "an object of a class",
                        new TorchFile().global("collections", "OrderedDict").op(')', 0x81),
                        "an object of a class"),
                pickle("a call of a text", new TorchFile().text("x").op(')', 'R'), "a call of something"),
                pickle(
                        "a call of a storage's type",
                        new TorchFile().global("torch", "FloatStorage").op(')', 'R'),
                        "a call of something"),
                pickle(
                        "attributes of a class",
                        new TorchFile().global("collections", "OrderedDict").op('}', 'b'),
                        "an object with a state"),
                pickle(
                        "attributes of a type",
                        new TorchFile().global("torch", "FloatStorage").op('}', 'b'),
                        "an object with a state"),
                pickle("a state of a text", new TorchFile().text("x").op('}', 'b'), "an object with a state"),
                pickle("a memo that was never filled", new TorchFile().op('h', 9), UNREADABLE),
                pickle("nothing on the stack", new TorchFile().op('0'), UNREADABLE),
                pickle("a mark that is not there", new TorchFile().op('t'), UNREADABLE),
                pickle("a list as a key", new TorchFile().op('}', ']', 'N', 's'), "a key that is no text"),
                pickle("a key without a value", new TorchFile().op('}', '(', 'N', 'u'), UNREADABLE),
                pickle("an empty pickle", new TorchFile(), UNREADABLE),
                archive("no pickle at all", new TorchFile(), new byte[0], UNREADABLE + ": it ends too early"),
                archive("a pickle without an end", new TorchFile(), new byte[] {(byte) 0x80, 2, '}'}, UNREADABLE),
                pickle("a number", new TorchFile().number(5), "holds no state dict: no tensors by name"),
                pickle("a map without tensors", new TorchFile().op('}'), "holds no state dict: no tensors by name"));
    }

    private static Stream<HostileInput> sizes() {
        int[] lists = new int[200_000];
        Arrays.fill(lists, ']');
        TorchFile nested = new TorchFile();
        for (int depth = 0; depth < 100_000; depth++) {
            nested.op('}', 'q', 0);
        }
        TorchFile laughs = new TorchFile().op(']').text("ha").op('a', 'q', 0);
        for (int level = 1; level <= 200; level++) {
            laughs.op(']', '(', 'h', level - 1, 'h', level - 1, 'e', 'q', level);
        }
        TorchFile laughingKeys = new TorchFile().op(')', 'q', 0);
        for (int level = 1; level <= 200; level++) {
            laughingKeys.op('h', level - 1, 'h', level - 1, 0x86, 'q', level);
        }
        laughingKeys.op('q', 255, '}', 'h', 255, 'N', 's');
        return Stream.of(
                pickle("lists within lists", new TorchFile().op(lists), "holds no state dict"),
                pickle("maps on maps", nested, "holds no state dict"),
                pickle("a list in itself", new TorchFile().op(']', 'q', 0, 'h', 0, 'a'), "holds no state dict"),
                pickle(
                        "a map in itself",
                        new TorchFile().op('}', 'q', 0).text("model").op('h', 0, 's'),
                        "holds no state dict"),
                pickle(
                        "a map that is its own key",
                        new TorchFile().op('}', 'q', 0, 'h', 0, 'N', 's'),
                        "a key that is no"),
                pickle("a billion laughs", laughs, "holds no state dict"),
                pickle("a billion laughs as a key", laughingKeys, "holds no state dict"),
                pickle(
                        "a text longer than the file",
                        new TorchFile().op('X', 0xFF, 0xFF, 0xFF, 0x7F),
                        "a text of 2147483647"),
                pickle(
                        "a text of negative length",
                        new TorchFile().op('X', 0xFF, 0xFF, 0xFF, 0xFF),
                        "a text of 4294967295"),
                pickle(
                        "bytes longer than memory",
                        new TorchFile().op(0x8e, 0, 0, 0, 0, 0, 0, 0, 0x10),
                        "a text of 1152921504606846976 bytes, longer than the pickle"),
                pickle(
                        "a memo of a huge number",
                        new TorchFile().op('}', 'r', 0xFF, 0xFF, 0xFF, 0x7F),
                        "holds no state dict"));
    }

    private static Stream<HostileInput> storages() {
        TorchFile shared = stateDict();
        for (int i = 0; i < 200; i++) {
            shared.text("w" + i).tensor("0", 8000, 0, List.of(8000), List.of(1));
        }
        return Stream.of(
                pickle(
                        "a storage that is not there",
                        weights("1", 6, 0, List.of(6), List.of(1)),
                        "model/data/1: is missing"),
                pickle(
                        "a storage that leads elsewhere",
                        weights("../../0", 6, 0, List.of(6), List.of(1)),
                        "model/data/../../0: is missing"),
                pickle(
                        "a view beyond its storage",
                        weights("0", 6, 1, List.of(6), List.of(1)),
                        "w: reaches beyond its storage"),
                pickle(
                        "a stride beyond its storage",
                        weights("0", 6, 0, List.of(2), List.of(6)),
                        "w: reaches beyond its storage"),
                pickle(
                        "a storage that is said to be larger",
                        weights("0", 7, 0, List.of(7), List.of(1)),
                        "w: has a storage of 7 elements, but only 24 bytes are there"),
                pickle(
                        "a huge storage",
                        weights("0", 2147483647, 0, List.of(2147483647), List.of(1)),
                        "w: has a storage of 2147483647 elements, but only 24"),
                pickle(
                        "a negative storage",
                        weights("0", -1, 0, List.of(1), List.of(1)),
                        "w: reaches beyond its storage"),
                pickle(
                        "a negative size",
                        weights("0", 6, 0, List.of(-1), List.of(1)),
                        "w: has an impossible shape: [-1]"),
                pickle(
                        "a negative stride",
                        weights("0", 6, 1, List.of(2), List.of(-1)),
                        "w: has an impossible shape: [2], [-1]"),
                pickle(
                        "a negative first element",
                        weights("0", 6, -1, List.of(1), List.of(1)),
                        "w: reaches beyond its storage"),
                pickle(
                        "more elements than a number can count",
                        weights("0", 6, 0, List.of(2147483647, 2147483647, 2147483647), List.of(0, 0, 0)),
                        "w: has an impossible shape: [2147483647, 2147483647, 2147483647]"),
                pickle(
                        "one element very often",
                        weights("0", 6, 0, List.of(100_000), List.of(0)),
                        "w: has more elements than its storage"),
                pickle(
                        "fewer strides than dimensions",
                        weights("0", 6, 0, List.of(1, 1), List.of(1)),
                        "a tensor of 2 dimensions with 1 strides"),
                pickle(
                        "many dimensions",
                        weights("0", 6, 0, List.of(1, 1, 1, 1, 1, 1, 1, 1, 1), List.of(1)),
                        "a tensor of more than 8 dimensions"),
                pickle(
                        "a reference to no storage",
                        new TorchFile().text("x").op('Q'),
                        "a reference to something that is no storage"),
                made(
                        "pickle: a storage in very many tensors",
                        model -> shared.op('u').storage("0", new float[8000]).write(model.resolve(FILE)),
                        "share storages of 32000 bytes, more than 100 times as many"),
                pickle(
                        "a type that is not read",
                        new TorchFile().global("torch", "uint16"),
                        "torch.uint16: tensors of this type are not supported"));
    }

    private static Stream<HostileInput> torchScript() {
        TorchFile deep = new TorchFile();
        for (int depth = 0; depth < 5000; depth++) {
            deep.module("A").text("a");
        }
        one(deep.module("A"), "w").endModule();
        for (int depth = 0; depth < 5000; depth++) {
            deep.endModule();
        }
        TorchFile longNames = new TorchFile();
        for (int depth = 0; depth < 20; depth++) {
            longNames.module("A").text("a".repeat(100));
        }
        one(longNames.module("A"), "w").endModule();
        for (int depth = 0; depth < 20; depth++) {
            longNames.endModule();
        }
        TorchFile cycle = new TorchFile().global("__torch__", "A").op(')', 0x81, 'q', 0, '}', '(');
        cycle.text("self").op('h', 0, 'u', 'b');
        String tooMany = "has more modules within each other than any model has";
        return Stream.of(
                script("modules within each other", deep, tooMany),
                script("a module within itself", cycle, tooMany),
                script("modules that are twice in each other", doubling(50, 1), tooMany),
                script("long names, made of few", doubling(15, 10_000), tooMany),
                script("names without an end", longNames, tooMany),
                script("a module without tensors", new TorchFile().module("A").endModule(), "holds no state dict"),
                script(
                        "an object without a state",
                        new TorchFile().global("__torch__", "A").op(')', 0x81),
                        "holds no state dict"),
                script("a class", new TorchFile().global("__torch__", "A"), "data.pkl: holds no module"),
                script(
                        "a class that is called",
                        new TorchFile().global("__torch__", "A").op(')', 'R'),
                        "a call of something"),
                script(
                        "an object with arguments",
                        new TorchFile()
                                .global("__torch__", "A")
                                .op('(')
                                .number(1)
                                .op('t', 0x81),
                        "an object of a class"),
                script("an object of no class", new TorchFile().number(1).op(')', 0x81), "an object of a class"),
                script(
                        "an object of a storage",
                        new TorchFile().global("torch", "FloatStorage").op(')', 0x81),
                        "an object of a class"),
                script("an object of nothing", new TorchFile().op(0x81), UNREADABLE),
                script("a state of nothing", new TorchFile().op('b'), UNREADABLE),
                script(
                        "a map in place of a module",
                        one(new TorchFile().op('}', '('), "w").op('u'),
                        "data.pkl: holds no module"),
                script(
                        "a class that is none of TorchScript's",
                        new TorchFile().global("os", "system").op(')', 0x81, '}', 'b'),
                        "wants to load \"os.system\""),
                made(
                        "pickle: TorchScript: a storage of the constants",
                        model -> one(new TorchFile().module("A"), "w")
                                .endModule()
                                .entry("model/constants/0", new byte[4])
                                .withCode()
                                .write(model.resolve(FILE)),
                        "model/data/0: is missing"));
    }

    private static Stream<HostileInput> archives() {
        return Stream.of(
                bytes("empty", new byte[0], "is not a file that PyTorch saved, old or new"),
                bytes(
                        "of another kind",
                        ascii("not a file of PyTorch"),
                        "is not a file that PyTorch saved, old or new"),
                bytes("the start of a zip archive", ascii("PK\003\004"), "is not a zip archive that can be read"),
                bytes("an archive without entries", emptyZip(0, 0), "data.pkl: is missing: this is a zip archive"),
                bytes("a directory that is not there", emptyZip(5, 0), "data.pkl: is missing: this is a zip archive"),
                bytes("a directory beyond the end", emptyZip(1, 0x7FFFFFFF), "is not a zip archive that can be read"),
                made(
                        "without data.pkl",
                        model -> zip(model, new TorchFile().storage("0", 1), "data.pkl", "nothing.pkl"),
                        "data.pkl: is missing: this is a zip archive"),
                made(
                        "two data.pkl",
                        model -> whole().entry("other/data.pkl", new byte[1]).write(model.resolve(FILE)),
                        "is in the archive beside another data.pkl"),
                made(
                        "an entry twice",
                        model ->
                                zip(model, whole().entry("model/dataX0", new byte[24]), "model/dataX0", "model/data/0"),
                        "model/data/0: is in the archive twice"),
                made(
                        "an entry above the archive",
                        model -> whole().entry("../../evil.py", new byte[1]).write(model.resolve(FILE)),
                        "../../evil.py: is the name of an entry that leads out"),
                made(
                        "an entry at the root",
                        model -> whole().entry("/etc/evil", new byte[1]).write(model.resolve(FILE)),
                        "/etc/evil: is the name of an entry that leads out"),
                made(
                        "an entry of Windows",
                        model -> whole().entry("..\\evil", new byte[1]).write(model.resolve(FILE)),
                        "../evil: is the name of an entry that leads out"),
                made(
                        "a compressed bomb",
                        model -> whole().entry("model/data/1", new byte[20_000_000])
                                .write(model.resolve(FILE), ZipEntry.DEFLATED),
                        "model/byteorder: is compressed or encrypted"),
                made(
                        "a pickle that is said to be compressed",
                        model -> patched(model, "model/data.pkl", 10, 8),
                        "model/data.pkl: is compressed or encrypted"),
                made(
                        "a storage that is said to be compressed",
                        model -> patched(model, "model/data/0", 10, 8),
                        "model/data/0: is compressed or encrypted"),
                made(
                        "an encrypted pickle",
                        model -> patched(model, "model/data.pkl", 8, 1),
                        "model/data.pkl: is compressed or encrypted"),
                made(
                        "a pickle longer than any",
                        model -> patched(model, "model/data.pkl", 24, 2_000_000_000),
                        "would be 2000000000 bytes long, above the limit of 100000000"),
                made(
                        "a pickle with two sizes",
                        model -> patched(model, "model/data.pkl", 24, 3),
                        "model/data.pkl: has 3 bytes, of which"),
                made(
                        "a storage with two sizes",
                        model -> patched(model, "model/data/0", 20, 23),
                        "model/data/0: has 24 bytes, of which 23 are in the archive"),
                made(
                        "a storage beyond the end",
                        model -> patched(model, "model/data/0", 20, 2_000_000_000, 2_000_000_000),
                        "model/data/0: is not where the archive says"),
                made(
                        "a pickle that is elsewhere",
                        model -> patched(model, "model/data.pkl", 42, 0x7FFFFFFF),
                        "is not a zip archive that can be read"),
                made(
                        "a storage that is elsewhere",
                        model -> patched(model, "model/data/0", 42, 0x7FFFFFFF),
                        "is not a zip archive that can be read"),
                made(
                        "another order of bytes",
                        model -> whole().entry("model/byteorder", ascii("big")).write(model.resolve(FILE)),
                        "byteorder: is not little-endian"));
    }

    private static Stream<HostileInput> old() {
        byte[] start = {(byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46, (byte) 0xf9, 0x20, 0x6a};
        byte[] magic = joined(start, new byte[] {(byte) 0xa8, 0x50, 0x19, '.'});
        byte[] protocol = {(byte) 0x80, 2, 'M', (byte) 0xe9, 3, '.'};
        byte[] machine = {(byte) 0x80, 2, '}', '.'};
        byte[] empty = {(byte) 0x80, 2, ']', '.'};
        byte[] tensors =
                ascii("\200\002}q\000X\001\000\000\000wctorch._utils\n_rebuild_tensor_v2\n((X\007\000\000\000storage"
                        + "ctorch\nFloatStorage\nX\001\000\000\0000X\003\000\000\000cpuK\001NtQK\000K\001\205K\001\205\211Nt"
                        + "Rs.");
        byte[] keys = ascii("\200\002]X\001\000\000\0000a.");
        byte[] forbidden = ascii("\200\002cos\nsystem\nX\001\000\000\000x\205R.");
        return Stream.of(
                bytes("old: nothing but a magic number", magic, "protocol: is not a pickle that can be read"),
                bytes(
                        "old: another magic number",
                        joined(start, new byte[] {0, 0x50, 0x19, '.'}),
                        "is not a file that PyTorch saved"),
                bytes("old: another protocol", joined(magic, empty), "protocol: is not 1001"),
                bytes(
                        "old: a big-endian machine",
                        joined(magic, protocol, ascii("\200\002}X\r\000\000\000little_endian\211s.")),
                        "machine: is not little-endian"),
                bytes(
                        "old: a forbidden name as machine",
                        joined(magic, protocol, forbidden),
                        "machine: wants to load \"os.system\""),
                bytes(
                        "old: a forbidden name as tensors",
                        joined(magic, protocol, machine, forbidden),
                        "tensors: wants to load \"os.system\""),
                bytes(
                        "old: a forbidden name as storages",
                        joined(magic, protocol, machine, tensors, forbidden),
                        "storages: wants to load \"os.system\""),
                bytes(
                        "old: storages that are no list",
                        joined(magic, protocol, machine, tensors, machine),
                        "storages: is not a list"),
                bytes(
                        "old: a key that is no text",
                        joined(magic, protocol, machine, tensors, ascii("\200\002]K\001a.")),
                        "storages: holds a key that is no text"),
                bytes(
                        "old: a storage of no tensor",
                        joined(magic, protocol, machine, tensors, ascii("\200\002]X\001\000\000\0001a.")),
                        "1: is a storage of no tensor"),
                bytes(
                        "old: no storage",
                        joined(magic, protocol, machine, tensors, empty),
                        "0: is a storage that is not in the file"),
                bytes(
                        "old: a storage without a size",
                        joined(magic, protocol, machine, tensors, keys),
                        "0: reaches beyond the end of the file"),
                bytes(
                        "old: a huge storage",
                        joined(magic, protocol, machine, tensors, keys, littleEndian(Long.MAX_VALUE)),
                        "0: reaches beyond the end of the file"),
                bytes(
                        "old: a negative storage",
                        joined(magic, protocol, machine, tensors, keys, littleEndian(-1)),
                        "0: reaches beyond the end of the file"),
                bytes(
                        "old: an empty storage",
                        joined(magic, protocol, machine, tensors, keys, littleEndian(0)),
                        "w: has a storage of 1 elements, but only 0 bytes"));
    }

    private static HostileInput pickle(String name, TorchFile file, String complaint) {
        return made(
                "pickle: " + name, model -> file.storage("0", 0, 1, 2, 3, 4, 5).write(model.resolve(FILE)), complaint);
    }

    private static HostileInput script(String name, TorchFile file, String complaint) {
        return pickle("TorchScript: " + name, file.withCode(), complaint);
    }

    /** An archive with another pickle. */
    private static HostileInput archive(String name, TorchFile file, byte[] pickle, String complaint) {
        return made("pickle: " + name, model -> file.write(model.resolve(FILE), pickle), complaint);
    }

    private static HostileInput bytes(String name, byte[] content, String complaint) {
        return made("PyTorch: " + name, model -> Files.write(model.resolve(FILE), content), complaint);
    }

    private static HostileInput made(String name, HostileInput.Making making, String complaint) {
        return HostileInput.of(name, FILE, complaint, model -> {
            HostileInput.config(model);
            making.in(model);
        });
    }

    private static TorchFile stateDict() {
        return new TorchFile().op('}', '(');
    }

    /** A file of one tensor, "w", its storage not yet in it. */
    private static TorchFile weights(
            String storage, long elements, long first, List<Integer> shape, List<Integer> strides) {
        return stateDict()
                .text("w")
                .tensor(storage, elements, first, shape, strides)
                .op('u');
    }

    /** A file that has nothing wrong with it. */
    private static TorchFile whole() {
        return weights("0", 6, 0, List.of(6), List.of(1)).storage("0", 0, 1, 2, 3, 4, 5);
    }

    private static TorchFile one(TorchFile file, String name) {
        return file.text(name).tensor("0", 1, 0, List.of(1), List.of(1));
    }

    /** Modules each of which holds the one before it twice. */
    private static TorchFile doubling(int levels, int nameLength) {
        TorchFile file = one(new TorchFile().module("A"), "w".repeat(nameLength))
                .endModule()
                .op('q', 0);
        for (int level = 1; level <= levels; level++) {
            file.module("A").text("a").op('h', level - 1).text("b").op('h', level - 1);
            file.endModule().op('q', level);
        }
        return file;
    }

    /** Writes an archive, and has a name of the same length in place of one in it. */
    private static void zip(Path model, TorchFile file, String name, String other) throws IOException {
        Path path = file.write(model.resolve(FILE));
        String content = Files.readString(path, StandardCharsets.ISO_8859_1).replace(name, other);
        Files.writeString(path, content, StandardCharsets.ISO_8859_1);
    }

    /** Writes an archive, and overwrites numbers of 32 bits in the directory's record of an entry. */
    private static void patched(Path model, String entry, int at, int... values) throws IOException {
        Path path = whole().write(model.resolve(FILE));
        byte[] bytes = Files.readAllBytes(path);
        int record = new String(bytes, StandardCharsets.ISO_8859_1).lastIndexOf(entry) - 46;
        ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
            zip.putInt(record + at + 4 * i, values[i]);
        }
        Files.write(path, bytes);
    }

    /** The end of an archive's directory, which is said to have entries and to begin somewhere. */
    private static byte[] emptyZip(int entries, int directory) {
        return ByteBuffer.allocate(22)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x06054b50)
                .putInt(0)
                .putShort((short) entries)
                .putShort((short) entries)
                .putInt(46 * entries)
                .putInt(directory)
                .array();
    }

    private static byte[] joined(byte[]... parts) {
        ByteBuffer all = ByteBuffer.allocate(
                Arrays.stream(parts).mapToInt(part -> part.length).sum());
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }

    private static byte[] littleEndian(long value) {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    /** Each character is a byte. */
    private static byte[] ascii(String bytes) {
        return bytes.getBytes(StandardCharsets.ISO_8859_1);
    }
}
