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
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Folders that look like a model's and hold none: what each is, and what makes a model of it. */
public final class NotAModel {

    /** How DeepSpeed's files of an optimizer end, which hold no weights. */
    static final String ZERO_OPTIMIZER = "_optim_states.pt";

    private static final int MAX_ADAPTER_CONFIG_BYTES = 1_000_000;

    /** Adapters of peft that put something before the input or between the layers, and change no weight. */
    private static final Set<String> UNMERGEABLE =
            Set.of("PROMPT_TUNING", "MULTITASK_PROMPT_TUNING", "PREFIX_TUNING", "P_TUNING", "ADAPTION_PROMPT", "CPT");

    private static final Predicate<String> OF_A_RUN =
            Pattern.compile("(checkpoint-|global_step|step-?)\\d+").asMatchPredicate();

    private static final Predicate<String> PARTLY_DOWNLOADED =
            Pattern.compile(".+\\.(part|incomplete|crdownload|download|aria2)").asMatchPredicate();

    private static final Predicate<String> OF_AN_ADAPTER = Pattern.compile(
                    ".*\\.(lora_(A|B|embedding_A|embedding_B|magnitude_vector)|hada_w\\d_[ab]|lokr_w\\d|oft_r|vera_lambda_[bd]"
                            + "|ia3_l)(\\..*)?|.*\\.(modules_to_save|original_module)\\..+")
            .asMatchPredicate();

    private NotAModel() {}

    /** What a folder is, if it is one of these. */
    public static Optional<InputException> of(Repository folder) {
        return adapter(folder)
                .or(() -> having(
                        folder,
                        name -> name.equals("zero_to_fp32.py") || name.endsWith(ZERO_OPTIMIZER),
                        "is a checkpoint that DeepSpeed has in parts (ZeRO), not a model",
                        "run 'python zero_to_fp32.py . MODEL' in it, and scan that with its config.json"))
                .or(() -> distributed(folder))
                .or(() -> having(
                        folder,
                        name -> name.equals("saved_model.pb"),
                        "is a model of TensorFlow, which is not supported",
                        "convert the model to safetensors"))
                .or(() -> having(
                        folder,
                        name -> name.equals("model_index.json"),
                        "is a pipeline of diffusers, not a language model",
                        "name the folder of the language model in it, if there is one"))
                .or(() -> run(folder))
                .or(() -> above(folder))
                .or(() -> having(
                        folder,
                        name -> PARTLY_DOWNLOADED.test(name),
                        "holds a download that has not ended, and no whole file of weights",
                        "download the model again"));
    }

    /**
     * What the tensors of a checkpoint are, if they are a model's only together with others, or not before they are merged.
     *
     * @param folder where they are
     */
    public static Optional<InputException> of(Repository folder, Set<String> tensors) {
        boolean adapter = tensors.stream().allMatch(OF_AN_ADAPTER);
        return (adapter ? adapter(folder) : Optional.<InputException>empty()).or(() -> tensors.stream()
                .filter(OF_AN_ADAPTER)
                .findFirst()
                .map(name -> new UnsupportedInputException(
                        folder.name(),
                        name,
                        adapter
                                ? "is a weight of a LoRA adapter, as all of them are: this is no model"
                                : "is a weight of a LoRA adapter that was not merged into the model",
                        "merge it with merge_and_unload of peft, and scan what save_pretrained writes")));
    }

    private static Optional<InputException> distributed(Repository folder) {
        return having(
                folder,
                name -> name.endsWith(".distcp"),
                "is a distributed checkpoint of PyTorch, not a model",
                "run 'python -m torch.distributed.checkpoint.format_utils dcp_to_torch " + folder.name()
                        + " model.pt', and scan that with its config.json");
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
            String type = config.path("peft_type").asText("LORA").toUpperCase(Locale.ROOT);
            String kind = type.equals("LORA") ? "a LoRA adapter" : "an adapter";
            String base = config.path("base_model_name_or_path").asText("");
            return new UnsupportedInputException(
                    folder.name(),
                    "",
                    "is " + kind + (base.isEmpty() ? "" : " of " + PrintableText.escaped(base)) + ", not a model",
                    UNMERGEABLE.contains(type)
                            ? "scan that model: an adapter of this kind (" + type + ") changes none of its weights"
                            : "merge it into that model with merge_and_unload of peft, and scan what save_pretrained"
                                    + " writes");
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

    /** What is in the folders of this one, which has no weights itself. */
    private static Optional<InputException> above(Repository folder) {
        List<Path> models = folder.folders().stream()
                .filter(inner -> CheckpointLocation.weightsIn(folder.folder(inner))
                        .findAny()
                        .isPresent())
                .toList();
        if (!models.isEmpty()) {
            return Optional.of(new UnsupportedInputException(
                    folder.name(),
                    "",
                    "holds no weights itself, but its "
                            + (models.size() == 1 ? "folder does: " : "folders do: ")
                            + PrintableText.names(models),
                    models.size() == 1 ? "name that" : "name one of them"));
        }
        Optional<InputException> inside = folder.folders().stream()
                .flatMap(inner -> distributed(folder.folder(inner)).stream())
                .findFirst();
        if (inside.isPresent()) {
            return inside;
        }
        return folder.folders().stream()
                .flatMap(inner -> folder.folder(inner).names().stream())
                .flatMap(file -> OtherFormat.of(file).stream().map(format -> (InputException) format.refused(file)))
                .findFirst();
    }

    private static String fileName(Path file) {
        return file.getFileName().toString();
    }
}
