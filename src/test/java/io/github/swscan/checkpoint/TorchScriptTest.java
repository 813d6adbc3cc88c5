package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TorchScriptTest {

    @TempDir
    private Path folder;

    private List<TensorInfo> read(TorchFile file) {
        return WeightsFile.read(file.withCode().write(folder.resolve("model.pt")));
    }

    private InputException refusal(TorchFile file) {
        InputException refusal = catchThrowableOfType(InputException.class, () -> read(file));
        assertThat(refusal).isNotNull();
        assertThat(refusal.getMessage()).doesNotContain("\n").hasSizeLessThan(1500);
        return refusal;
    }

    private static TorchFile one(TorchFile file, String name) {
        return file.text(name).tensor("0", 1, 0, List.of(1), List.of(1));
    }

    static Stream<Arguments> archives() {
        return Stream.of(
                Arguments.of("llama-bf16", "llama-bf16", "", ""),
                Arguments.of("gpt2", "gpt2", "", "transformer.h.0.attn.bias"),
                Arguments.of("llama-scripted-wrapped", "llama-bf16", "wrapped.", "counts"),
                Arguments.of("llama-lite", "llama-bf16", "", ""));
    }

    /** Parameters, but buffers too. */
    @ParameterizedTest
    @MethodSource("archives")
    void tensorsOfPyTorchsArchivesAreThoseOfTheCheckpoint(
            String archive, String reference, String prefix, String buffer) {
        Checkpoint script = Checkpoint.open(
                CheckpointLocation.find(Path.of("src/test/resources/torchscript", archive, "model.pt")));
        Checkpoint plain = Checkpoint.open(CheckpointLocation.find(Path.of("src/test/resources/reference", reference)));

        plain.tensors().forEach((name, tensor) -> {
            TensorInfo same = script.find(prefix + name).orElseThrow();
            assertThat(same.shape()).isEqualTo(tensor.shape());
            assertThat(script.floats(same, 0, (int) same.elements(), 1))
                    .containsExactly(plain.floats(tensor, 0, (int) tensor.elements(), 1));
        });
        assertThat(buffer.isEmpty() || script.find(buffer).isPresent()).isTrue();
    }

    @Test
    void tiedParametersShareTheirBytes() {
        Checkpoint script =
                Checkpoint.open(CheckpointLocation.find(Path.of("src/test/resources/torchscript/llama-tied/model.pt")));
        TensorInfo head = script.find("lm_head.weight").orElseThrow();
        TensorInfo table = script.find("model.embed_tokens.weight").orElseThrow();

        assertThat(head.offset()).isEqualTo(table.offset());
        assertThat(head.shape()).isEqualTo(table.shape());
    }

    @Test
    void attributesOfModulesWithinModulesHaveDottedNames() {
        TorchFile file = new TorchFile().module("Outer").text("training").op(0x89);
        one(file, "w").text("inner").module("a.___torch_mangle_1.Inner");
        one(file, "w").endModule().text("sizes").global("torch.jit._pickle", "build_intlist");
        file.op('(', ']').number(3).op('a', 't', 'R').endModule().storage("0", 7);

        assertThat(read(file)).extracting(TensorInfo::name).containsExactlyInAnyOrder("w", "inner.w");
    }

    @Test
    void objectsOfOtherKindsHaveNoAttributes() {
        TorchFile file = new TorchFile().module("Outer");
        one(file, "w").text("packed").global("__torch__.torch.classes.quantized", "LinearPackedParamsBase");
        file.op(')', 0x81).op('(').number(1).op('t', 'b').endModule().storage("0", 7);

        assertThat(read(file)).extracting(TensorInfo::name).containsExactly("w");
    }

    @ParameterizedTest
    @CsvSource({
        "os, system",
        "builtins, eval",
        "torch, load",
        "torch.jit, load",
        "torch.jit._pickle, build_tensor_from_id",
        "__torch, Model",
        "torch.__torch__, Model",
        "transformers.models.llama.modeling_llama, LlamaForCausalLM"
    })
    void namesOfAnythingElseAreForbidden(String module, String name) {
        InputException called = refusal(new TorchFile()
                .module("Outer")
                .text("x")
                .global(module, name)
                .op('(')
                .text("touch x")
                .op('t', 'R')
                .endModule());
        InputException made = refusal(new TorchFile().global(module, name).op(')', 0x81, '}', 'b'));

        assertThat(List.of(called, made)).allSatisfy(refusal -> assertThat(refusal.getMessage())
                .contains("\"" + module + "." + name + "\"", "it was not loaded"));
    }

    /** A file of weights has no use for classes, so that their names are told. */
    @Test
    void modulesAreForbiddenElsewhere() {
        TorchFile file = one(new TorchFile().module("Outer"), "w").endModule().storage("0", 7);

        InputException refusal = catchThrowableOfType(
                InputException.class, () -> WeightsFile.read(file.write(folder.resolve("model.pt"))));

        assertThat(refusal.getMessage()).contains("wants to load \"__torch__.Outer\"", "state_dict()");
    }

    static Stream<Named<TorchFile>> hostile() {
        TorchFile deep = new TorchFile();
        for (int depth = 0; depth < 5000; depth++) {
            deep.module("A").text("a");
        }
        one(deep.module("A"), "w").endModule();
        for (int depth = 0; depth < 5000; depth++) {
            deep.endModule();
        }
        TorchFile doubling = one(new TorchFile().module("A"), "w").endModule().op('q', 0);
        for (int level = 1; level <= 50; level++) {
            doubling.module("A").text("a").op('h', level - 1).text("b").op('h', level - 1);
            doubling.endModule().op('q', level);
        }
        TorchFile cycle = new TorchFile()
                .global("__torch__", "A")
                .op(')', 0x81, 'q', 0, '}', '(')
                .text("self")
                .op('h', 0)
                .op('u', 'b');
        TorchFile longNames = new TorchFile();
        for (int depth = 0; depth < 20; depth++) {
            longNames.module("A").text("a".repeat(100));
        }
        one(longNames.module("A"), "w").endModule();
        for (int depth = 0; depth < 20; depth++) {
            longNames.endModule();
        }
        return Stream.of(
                Named.of("modules within each other", deep.storage("0", 1)),
                Named.of("a module within itself", cycle),
                Named.of("modules that are twice in each other", doubling.storage("0", 1)),
                Named.of("names without an end", longNames.storage("0", 1)),
                Named.of("a module without tensors", new TorchFile().module("A").endModule()),
                Named.of(
                        "an object that was never given its state",
                        new TorchFile().global("__torch__", "A").op(')', 0x81)),
                Named.of("a class", new TorchFile().global("__torch__", "A")),
                Named.of(
                        "a class that is called",
                        new TorchFile().global("__torch__", "A").op(')', 'R')),
                Named.of(
                        "an object with arguments",
                        new TorchFile()
                                .global("__torch__", "A")
                                .op('(')
                                .number(1)
                                .op('t', 0x81)),
                Named.of("an object of no class", new TorchFile().number(1).op(')', 0x81)),
                Named.of(
                        "an object of a storage",
                        new TorchFile().global("torch", "FloatStorage").op(')', 0x81)),
                Named.of("an object of nothing", new TorchFile().op(0x81)),
                Named.of("a state of nothing", new TorchFile().op('b')),
                Named.of("a map", one(new TorchFile().op('}', '('), "w").op('u').storage("0", 1)),
                Named.of(
                        "a storage that is not there",
                        one(new TorchFile().module("A"), "w").endModule()),
                Named.of(
                        "a storage of the constants",
                        one(new TorchFile().module("A"), "w").endModule().entry("model/constants/0", new byte[4])));
    }

    @ParameterizedTest
    @MethodSource("hostile")
    @Timeout(10)
    void whatIsNoModuleOfAModelIsRefused(TorchFile file) {
        refusal(file);
    }

    @ParameterizedTest
    @CsvSource({"torch, float8_e4m3fnuz", "torch, float8_e5m2fnuz", "torch, uint16", "torch._utils, _rebuild_qtensor"})
    void typesThatAreNotReadAreNamed(String module, String name) {
        assertThat(refusal(new TorchFile().global(module, name)).getMessage())
                .contains(module + "." + name + ": tensors of this type are not supported");
    }
}
