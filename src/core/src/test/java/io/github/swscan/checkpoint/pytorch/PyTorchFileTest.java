package io.github.swscan.checkpoint.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.fixture.TorchFile;
import io.github.swscan.input.InputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PyTorchFileTest {

    private static final Path REFERENCE = TestResources.at("reference");

    @TempDir
    private Path folder;

    private Checkpoint open(TorchFile file) {
        return Checkpoint.open(CheckpointLocation.find(file.write(folder.resolve("model.pt"))));
    }

    private static TorchFile stateDict() {
        return new TorchFile().op('}', '(');
    }

    /** Written by torch.save of a tensor that only has its negative bit set. */
    @Test
    void tensorsThatAreStoredWithTheOtherSignAreRefused() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> Checkpoint.open(CheckpointLocation.find(TestResources.at("pytorch/negative.bin"))))
                .withMessageContaining("stored numbers are to be changed when they are read: [neg]");
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
        assertThat(transposed.place(3)).isEqualTo(whole.place(4));
    }

    /** Training programs save such values: they are no cause for alarm, and not read all the same. */
    @ParameterizedTest
    @CsvSource({
        "torch, float16",
        "builtins, complex",
        "collections, Counter",
        "collections, defaultdict",
        "pathlib, PosixPath",
        "datetime, datetime",
        "argparse, Namespace",
        "numpy.core.multiarray, scalar",
        "numpy._core.multiarray, scalar",
        "numpy.core.multiarray, _reconstruct"
    })
    void aPlainValueBesideTheWeightsIsRefusedWithoutAlarm(String module, String name) {
        TorchFile file = stateDict().text("config").global(module, name).op('u');

        assertThatExceptionOfType(UnsupportedInputException.class)
                .isThrownBy(() -> open(file))
                .withMessageContaining(module + "." + name + ", which is not read")
                .withMessageContaining("state_dict()")
                .matches(refused -> !refused.getMessage().contains("trust"));
    }

    @Test
    void complexNumbersAreRefusedAsAType() {
        TorchFile file = stateDict()
                .text("w")
                .tensor("ComplexFloatStorage", "0", 1, 0, List.of(1), List.of(1))
                .op('u');

        assertThatExceptionOfType(UnsupportedInputException.class)
                .isThrownBy(() -> open(file))
                .withMessageContaining("torch.ComplexFloatStorage: tensors of this type are not supported");
    }

    private static TorchFile below(TorchFile file, String... keys) {
        for (String key : keys) {
            file.text(key)
                    .op('}', '(')
                    .text("w")
                    .tensor("0", 1, 0, List.of(1), List.of(1))
                    .op('u');
        }
        return file.op('u').storage("0", 7);
    }

    @Test
    void theOnlyStateDictIsTakenWhateverItsKey() {
        TorchFile file = stateDict().text("epoch").number(3).text("args").op('}');

        assertThat(values(open(below(file, "net")), "w")).containsExactly(7);
    }

    @Test
    void ofSeveralStateDictsNoneIsTakenByChance() {
        assertThatExceptionOfType(UnsupportedInputException.class)
                .isThrownBy(() -> open(below(stateDict(), "actor", "critic")))
                .withMessageContaining("holds several state dicts: under \"actor\", \"critic\"")
                .withMessageContaining("save one of them alone");
    }

    @Test
    void ofOtherThingsTheKeysAreTold() {
        TorchFile file = stateDict()
                .text("epoch")
                .number(3)
                .text("run")
                .op('}', '(')
                .text("net")
                .op('}', 'u', 'u');

        assertThatExceptionOfType(UnsupportedInputException.class)
                .isThrownBy(() -> open(file))
                .withMessageContaining("holds no state dict: no tensors by name, but \"epoch\", \"run\"");
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
                    .forEach(tensor -> StoredBytes.of(checkpoint, tensor));
        } catch (InputException refusal) {
            assertThat(refusal.getMessage()).doesNotContain("\n");
        }
    }
}
