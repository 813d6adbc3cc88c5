package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.swscan.input.LocalFolder;
import io.github.swscan.input.Repository;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotAModelTest {

    @TempDir
    private Path folder;

    private void file(String name, String content) {
        try {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Repository repository() {
        return LocalFolder.at(folder).orElseThrow();
    }

    private String told() {
        return NotAModel.of(repository()).orElseThrow().getMessage();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"peft_type\": \"LORA\", \"base_model_name_or_path\": \"org/base-7b\"}"
                        + " | is a LoRA adapter of org/base-7b, not a model; merge it into that model",
                "{\"peft_type\": \"PROMPT_TUNING\", \"base_model_name_or_path\": \"org/base-7b\"}"
                        + " | is an adapter of org/base-7b, not a model; scan that model: an adapter of this kind"
                        + " (PROMPT_TUNING) changes none of its weights",
                "{\"peft_type\": \"IA3\"} | is an adapter, not a model; merge it",
                "nonsense | is a LoRA adapter, not a model; merge it"
            })
    void anAdapterIsToldWithItsBase(String config, String expected) {
        file("adapter_config.json", config);
        file("adapter_model.safetensors", "");

        assertThat(told()).contains(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "zero_to_fp32.py | ZeRO",
                "bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt | ZeRO",
                "__0_0.distcp | dcp_to_torch",
                "pytorch_model_fsdp_0/__0_0.distcp | pytorch_model_fsdp_0: is a distributed checkpoint",
                "saved_model.pb | TensorFlow",
                "checkpoint-500/config.json | \"checkpoint-500\"; name one of them",
                "global_step30/x.pt | \"global_step30\"; name one of them"
            })
    void otherFoldersAreToldByWhatIsInThem(String name, String expected) {
        file(name, "");

        assertThat(told()).contains(expected);
        assertThatThrownBy(() -> CheckpointLocation.find(folder))
                .isInstanceOf(UnsupportedInputException.class)
                .hasMessageContaining(expected);
    }

    @Test
    void aFolderOfOtherThingsIsNoneOfThese() {
        file("notes.txt", "");
        file("checkpoint/config.json", "");

        assertThat(NotAModel.of(repository())).isEmpty();
    }
}
