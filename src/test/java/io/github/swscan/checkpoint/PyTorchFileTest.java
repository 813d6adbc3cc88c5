package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PyTorchFileTest {

    private static final Path REFERENCE = Path.of("src/test/resources/reference");

    @TempDir
    private Path folder;

    private Checkpoint open(TorchFile file) {
        return Checkpoint.open(CheckpointLocation.find(file.write(folder.resolve("model.pt"))));
    }

    private InputException refusal(TorchFile file) {
        Path path = file.write(folder.resolve("model.bin"));
        InputException refusal = catchThrowableOfType(InputException.class, () -> WeightsFile.read(path));
        assertThat(refusal).isNotNull();
        assertThat(refusal.file()).isEqualTo(path);
        assertThat(refusal.getMessage()).doesNotContain("\n").hasSizeLessThan(1000);
        return refusal;
    }

    private static TorchFile stateDict() {
        return new TorchFile().op('}', '(');
    }

    private static TorchFile twoByThree() {
        return stateDict()
                .text("w")
                .tensor("0", 6, 0, List.of(2, 3), List.of(3, 1))
                .op('u')
                .storage("0", 0, 1, 2, 3, 4, 5);
    }

    @Test
    void viewsAreReadInTheirOwnOrder() {
        Checkpoint checkpoint = open(stateDict()
                .text("whole")
                .tensor("0", 6, 0, List.of(2, 3), List.of(3, 1))
                .text("transposed")
                .tensor("0", 6, 0, List.of(3, 2), List.of(1, 3))
                .text("column")
                .tensor("0", 6, 1, List.of(2), List.of(3))
                .text("repeated")
                .tensor("0", 6, 5, List.of(2, 2), List.of(0, 0))
                .text("scalar")
                .tensor("0", 6, 4, List.of(), List.of())
                .op('u')
                .storage("0", 0, 1, 2, 3, 4, 5));

        assertThat(checkpoint.tensors().keySet())
                .containsExactly("transposed", "whole", "column", "scalar", "repeated");
        assertThat(values(checkpoint, "whole")).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(values(checkpoint, "transposed")).containsExactly(0, 3, 1, 4, 2, 5);
        assertThat(values(checkpoint, "column")).containsExactly(1, 4);
        assertThat(values(checkpoint, "repeated")).containsExactly(5, 5, 5, 5);
        assertThat(values(checkpoint, "scalar")).containsExactly(4);
        TensorInfo transposed = checkpoint.find("transposed").orElseThrow();
        TensorInfo whole = checkpoint.find("whole").orElseThrow();
        assertThat(transposed.position(3)).isEqualTo(whole.position(4));
    }

    private static float[] values(Checkpoint checkpoint, String name) {
        TensorInfo tensor = checkpoint.find(name).orElseThrow();
        return checkpoint.floats(tensor, 0, (int) tensor.elements(), 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"state_dict", "model_state_dict", "model", "module"})
    void tensorsMayStandOneLevelBelow(String name) {
        TorchFile file = new TorchFile()
                .op('}', '(')
                .text("epoch")
                .number(3)
                .text(name)
                .op('}', '(')
                .text("w")
                .tensor("0", 1, 0, List.of(1), List.of(1))
                .op('u', 'u')
                .storage("0", 7);

        assertThat(values(open(file), "w")).containsExactly(7);
    }

    @ParameterizedTest
    @CsvSource({
        "DoubleStorage, F64",
        "HalfStorage, F16",
        "BFloat16Storage, BF16",
        "CharStorage, I8",
        "ByteStorage, U8",
        "ShortStorage, I16",
        "IntStorage, I32",
        "LongStorage, I64",
        "BoolStorage, BOOL"
    })
    void buffersOfOtherTypesStandBesideTheWeights(String storage, DType type) {
        Checkpoint checkpoint = open(stateDict()
                .text("buffer")
                .tensor(storage, "1", 2, 0, List.of(2), List.of(1))
                .text("w")
                .tensor("0", 1, 0, List.of(1), List.of(1))
                .op('u')
                .storage("0", 7)
                .entry("model/data/1", new byte[2 * type.bytes()]));

        assertThat(checkpoint.find("buffer").orElseThrow().dtype()).isEqualTo(type);
        assertThat(checkpoint.find("buffer").orElseThrow().bytes()).isEqualTo(2L * type.bytes());
        assertThat(values(checkpoint, "w")).containsExactly(7);
    }

    @Test
    void filesOfBigEndianMachinesAreRefused() {
        assertThat(refusal(twoByThree().entry("model/byteorder", new byte[] {'b', 'i', 'g'})))
                .isInstanceOf(UnsupportedInputException.class)
                .hasMessageContaining("byteorder: is not little-endian");
        Path legacy = twoByThree().writeLegacy(folder.resolve("legacy.bin"), false);
        assertThat(catchThrowableOfType(InputException.class, () -> WeightsFile.read(legacy)))
                .isInstanceOf(UnsupportedInputException.class)
                .hasMessageContaining("machine: is not little-endian");
        Path gguf = SafetensorsWriter.writeBytes(
                folder.resolve("model.gguf"),
                new byte[] {'G', 'G', 'U', 'F', 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        assertThat(catchThrowableOfType(InputException.class, () -> WeightsFile.read(gguf)))
                .isInstanceOf(UnsupportedInputException.class)
                .hasMessageContaining("is big-endian");
    }

    @Test
    void parametersAreTheirTensors() {
        TorchFile file = stateDict()
                .text("w")
                .global("torch._utils", "_rebuild_parameter")
                .op('(')
                .tensor("0", 1, 0, List.of(1), List.of(1))
                .op(0x88)
                .global("collections", "OrderedDict")
                .op(')', 'R', 't', 'R', 'u')
                .storage("0", 7);

        assertThat(values(open(file), "w")).containsExactly(7);
    }

    /** A pickle can name anything that Python can import. */
    @ParameterizedTest
    @CsvSource({
        "os, system",
        "posix, system",
        "builtins, eval",
        "builtins, getattr",
        "__builtin__, exec",
        "subprocess, Popen",
        "torch, load",
        "torch._utils, _rebuild_sparse_tensor",
        "torch.FloatStorage, x",
        "collections, OrderedDict.fromkeys",
        "numpy.core.multiarray, _reconstruct",
        "argparse, Namespace"
    })
    void namesThatNoWeightsNeedAreToldAndNotLoaded(String module, String name) {
        InputException called = refusal(
                new TorchFile().global(module, name).op('(').text("touch x").op('t', 'R'));
        InputException onTheStack = refusal(new TorchFile()
                .text(module)
                .text(name)
                .op(0x93, '(')
                .text("touch x")
                .op('t', 'R'));

        assertThat(List.of(called, onTheStack)).allSatisfy(refusal -> {
            assertThat(refusal).isInstanceOf(UnsupportedInputException.class);
            assertThat(refusal.getMessage()).contains("\"" + module + "." + name + "\"", "it was not loaded");
        });
    }

    static Stream<Named<TorchFile>> malformed() {
        byte[] deep = new byte[200_000];
        Arrays.fill(deep, (byte) ']');
        int[] lists = new int[deep.length];
        for (int i = 0; i < lists.length; i++) {
            lists[i] = deep[i];
        }
        return Stream.of(
                Named.of("an empty pickle", new TorchFile()),
                Named.of("a number", new TorchFile().number(5)),
                Named.of("a map without tensors", new TorchFile().op('}')),
                Named.of("a call of a text", new TorchFile().text("x").op(')', 'R')),
                Named.of(
                        "an object made",
                        new TorchFile().global("collections", "OrderedDict").op(')', 0x81)),
                Named.of("an old-style object", new TorchFile().op('(', 'i').text("os")),
                Named.of("an extension", new TorchFile().op(0x82, 1)),
                Named.of("an unknown instruction", new TorchFile().op(0xFF)),
                Named.of("a text longer than the file", new TorchFile().op('X', 0xFF, 0xFF, 0xFF, 0x7F)),
                Named.of("a text of negative length", new TorchFile().op('X', 0xFF, 0xFF, 0xFF, 0xFF)),
                Named.of("bytes longer than memory", new TorchFile().op(0x8e, 0, 0, 0, 0, 0, 0, 0, 0x10)),
                Named.of("a memo that was never filled", new TorchFile().op('h', 9)),
                Named.of("a state for a text", new TorchFile().text("x").op('}', 'b')),
                Named.of("a name without an end", new TorchFile().op('c', 'o', 's')),
                Named.of("lists within lists", new TorchFile().op(lists)),
                Named.of(
                        "a storage that is not there",
                        stateDict()
                                .text("w")
                                .tensor("1", 6, 0, List.of(2, 3), List.of(3, 1))
                                .op('u')),
                Named.of(
                        "a view beyond its storage",
                        stateDict()
                                .text("w")
                                .tensor("0", 6, 1, List.of(2, 3), List.of(3, 1))
                                .op('u')
                                .storage("0", 0, 1, 2, 3, 4, 5)),
                Named.of(
                        "a storage that is said to be larger",
                        stateDict()
                                .text("w")
                                .tensor("0", 7, 0, List.of(7), List.of(1))
                                .op('u')
                                .storage("0", 0, 1, 2, 3, 4, 5)),
                Named.of(
                        "a negative size",
                        stateDict()
                                .text("w")
                                .tensor("0", 1, 0, List.of(-1), List.of(1))
                                .op('u')
                                .storage("0", 0)),
                Named.of(
                        "a negative stride",
                        stateDict()
                                .text("w")
                                .tensor("0", 2, 1, List.of(2), List.of(-1))
                                .op('u')
                                .storage("0", 0, 1)),
                Named.of(
                        "a negative first element",
                        stateDict()
                                .text("w")
                                .tensor("0", 2, -1, List.of(1), List.of(1))
                                .op('u')
                                .storage("0", 0, 1)),
                Named.of(
                        "more elements than a number can count",
                        stateDict()
                                .text("w")
                                .tensor("0", 1, 0, List.of(2147483647, 2147483647, 2147483647), List.of(0, 0, 0))
                                .op('u')
                                .storage("0", 0)),
                Named.of(
                        "fewer strides than dimensions",
                        stateDict()
                                .text("w")
                                .tensor("0", 1, 0, List.of(1, 1), List.of(1))
                                .op('u')
                                .storage("0", 0)),
                Named.of("another order of bytes", twoByThree().entry("model/byteorder", new byte[] {'b', 'i', 'g'})),
                Named.of("TorchScript", twoByThree().entry("model/code/__torch__.py", new byte[] {'#'})));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void whatMakesNoSenseIsRefused(TorchFile file) {
        refusal(file);
    }

    @Test
    void compressedEntriesAreRefused() {
        Path file = twoByThree().write(folder.resolve("model.pth"), ZipEntry.DEFLATED);

        InputException refusal = catchThrowableOfType(InputException.class, () -> WeightsFile.read(file));

        assertThat(refusal.getMessage()).contains("is compressed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "PK", "PK\003\004", "not a file of PyTorch", "\200\002}q\000."})
    void filesOfAnotherKindAreRefused(String content) throws IOException {
        Path file =
                Files.writeString(folder.resolve("model.bin"), content, java.nio.charset.StandardCharsets.ISO_8859_1);

        InputException refusal = catchThrowableOfType(InputException.class, () -> WeightsFile.read(file));

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.remedy()).isEqualTo("download the file again");
    }

    static Stream<Arguments> damages() {
        Random random = new Random(7);
        Stream<Named<UnaryOperator<byte[]>>> cuts = Stream.iterate(0, length -> length + 1024)
                .limit(80)
                .map(length -> Named.of(
                        "cut to " + length, bytes -> Arrays.copyOf(bytes, Math.min(length, bytes.length - 1))));
        Stream<Named<UnaryOperator<byte[]>>> flips = random.ints(300)
                .mapToObj(seed -> Named.of("changed by " + seed, bytes -> {
                    Random places = new Random(seed);
                    byte[] changed = bytes.clone();
                    for (int i = 0; i < 4; i++) {
                        // The beginning and the end, where what is described stands.
                        int place = places.nextInt(4096);
                        changed[places.nextBoolean() ? place : changed.length - 1 - place] = (byte) places.nextInt();
                    }
                    return changed;
                }));
        List<Named<UnaryOperator<byte[]>>> all = Stream.concat(cuts, flips).toList();
        return Stream.of("llama-bin", "llama-bin-legacy")
                .flatMap(name -> all.stream().map(damage -> Arguments.of(name, damage)));
    }

    /** Whatever is wrong with a file, it is read or refused. */
    @ParameterizedTest
    @MethodSource("damages")
    void damagedFilesAreReadOrRefused(String name, UnaryOperator<byte[]> damage) throws IOException {
        byte[] whole = Files.readAllBytes(REFERENCE.resolve(name).resolve("pytorch_model.bin"));
        Path file = Files.write(folder.resolve("model.bin"), damage.apply(whole));
        try {
            Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(file));
            checkpoint.tensors().values().stream()
                    .filter(tensor -> tensor.bytes() < 1 << 20)
                    .forEach(tensor -> checkpoint.bytes(tensor, 0, tensor.bytes()));
        } catch (InputException refusal) {
            assertThat(refusal.getMessage()).doesNotContain("\n");
        }
    }
}
