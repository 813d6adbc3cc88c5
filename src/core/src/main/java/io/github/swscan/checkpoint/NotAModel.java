package io.github.swscan.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.Repository;
import io.github.swscan.input.TextFile;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Folders that look like a model's and hold none: what each is, and what makes a model of it. */
public final class NotAModel {

    /** How DeepSpeed's files of an optimizer end, which hold no weights. */
    static final String ZERO_OPTIMIZER = "_optim_states.pt";

    private static final int MAX_ADAPTER_CONFIG_BYTES = 1_000_000;

    private static final Predicate<String> OF_A_RUN =
            Pattern.compile("(checkpoint-|global_step|step-?)\\d+").asMatchPredicate();

    private NotAModel() {}

    /** What a folder is, if it is one of these. */
    public static Optional<InputException> of(Repository folder) {
        return adapter(folder)
                .or(() -> having(
                        folder,
                        name -> name.equals("zero_to_fp32.py") || name.endsWith(ZERO_OPTIMIZER),
                        "is a checkpoint that DeepSpeed has in parts (ZeRO), not a model",
                        "run 'python zero_to_fp32.py . MODEL' in it, and scan that with its config.json"))
                .or(() -> having(
                        folder,
                        name -> name.endsWith(".distcp"),
                        "is a distributed checkpoint of PyTorch, not a model",
                        "run 'python -m torch.distributed.checkpoint.format_utils dcp_to_torch " + folder.name()
                                + " model.pt', and scan that with its config.json"))
                .or(() -> having(
                        folder,
                        name -> name.equals("saved_model.pb"),
                        "is a model of TensorFlow, which is not supported",
                        "convert the model to safetensors"))
                .or(() -> run(folder));
    }

    private static Optional<InputException> having(
            Repository folder, Predicate<String> telling, String what, String remedy) {
        return folder.names().stream().anyMatch(file -> telling.test(fileName(file)))
                ? Optional.of(new UnsupportedInputException(folder.name(), "", what, remedy))
                : Optional.empty();
    }

    private static Optional<InputException> adapter(Repository folder) {
        return folder.find("adapter_config.json").map(file -> {
            JsonNode config = json(folder.source(file));
            String kind =
                    config.path("peft_type").asText("LORA").equalsIgnoreCase("LORA") ? "a LoRA adapter" : "an adapter";
            String base = config.path("base_model_name_or_path").asText("");
            return new UnsupportedInputException(
                    folder.name(),
                    "",
                    "is " + kind + (base.isEmpty() ? "" : " of " + PrintableText.escaped(base)) + ", not a model",
                    "merge it into that model with merge_and_unload of peft, and scan what save_pretrained writes");
        });
    }

    /** What cannot be read tells nothing more than that it is there. */
    private static JsonNode json(ByteSource source) {
        JsonMapper mapper = JsonMapper.builder().build();
        try (InputStream input = TextFile.open(source)) {
            return mapper.readTree(input.readNBytes(MAX_ADAPTER_CONFIG_BYTES));
        } catch (IOException unreadable) {
            return mapper.createObjectNode();
        }
    }

    private static Optional<InputException> run(Repository folder) {
        List<Path> checkpoints = folder.folders().stream()
                .filter(inner -> OF_A_RUN.test(fileName(inner)))
                .toList();
        return checkpoints.isEmpty()
                ? Optional.empty()
                : Optional.of(new UnsupportedInputException(
                        folder.name(),
                        "",
                        "is the folder of a training run and holds no model itself, but "
                                + PrintableText.names(checkpoints),
                        "name one of them"));
    }

    private static String fileName(Path file) {
        return file.getFileName().toString();
    }
}
