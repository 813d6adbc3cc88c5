package io.github.swscan.checkpoint.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.fixture.TorchFile;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalSource;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TorchScriptTest {

    @TempDir
    private Path folder;

    private List<TensorInfo> read(TorchFile file) {
        return PyTorchArchive.read(LocalSource.of(file.withCode().write(folder.resolve("model.pt"))));
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
        Checkpoint script =
                Checkpoint.open(CheckpointLocation.find(TestResources.at("torchscript/" + archive + "/model.pt")));
        Checkpoint plain = Checkpoint.open(CheckpointLocation.find(TestResources.at("reference/" + reference)));

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
                Checkpoint.open(CheckpointLocation.find(TestResources.at("torchscript/llama-tied/model.pt")));
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
                InputException.class,
                () -> PyTorchArchive.read(LocalSource.of(file.write(folder.resolve("model.pt")))));

        assertThat(refusal.getMessage()).contains("wants to load \"__torch__.Outer\"", "state_dict()");
    }

    @ParameterizedTest
    @CsvSource({"torch, float8_e4m3fnuz", "torch, float8_e5m2fnuz", "torch, uint16", "torch._utils, _rebuild_qtensor"})
    void typesThatAreNotReadAreNamed(String module, String name) {
        assertThat(refusal(new TorchFile().global(module, name)).getMessage())
                .contains(module + "." + name + ": tensors of this type are not supported");
    }
}
