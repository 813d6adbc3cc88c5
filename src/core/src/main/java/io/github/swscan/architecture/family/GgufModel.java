package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.gguf.GgufMetadata;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * The model of a GGUF file, in the terms of its family in the Hugging Face ecosystem. How the architectures of llama.cpp
 * map onto families is data: one JSON file each, in the folder {@code gguf} beside this class, with the options of
 * config.json and the metadata they come from, the names of tensors, and what is stored in another way than the family's
 * own checkpoints have it.
 */
public final class GgufModel {

    private static final String ARCHITECTURE = "general.architecture";
    private static final List<String> ENDINGS = List.of(".weight", ".bias", GgufFactors.ENDING);

    private static final List<String> NAMES = StreamSupport.stream(
                    Descriptions.resource("gguf/index.json").spliterator(), false)
            .map(JsonNode::textValue)
            .toList();

    private final GgufMetadata metadata;
    private final JsonNode mapping;
    private final String architecture;

    private GgufModel(GgufMetadata metadata, String architecture) {
        this.metadata = metadata;
        this.architecture = architecture;
        this.mapping = mapping(metadata, architecture);
        refuseUnknownKeys();
    }

    private TranslatedModel translated(Checkpoint stored) {
        return new TranslatedModel(
                new GgufConfig(metadata, architecture, mapping, stored).config(),
                GgufFactors.attached(
                        stored.renamed(new TensorNames(mapping.get("tensors"), experts(), ENDINGS)::familyNames)),
                mapping.path("storage"),
                Optional.empty());
    }

    /**
     * The model of a checkpoint whose files are GGUF files; empty for other files.
     *
     * @throws io.github.swscan.input.InputException naming what is missing, malformed or not supported
     */
    public static Optional<TranslatedModel> of(Checkpoint checkpoint) {
        return checkpoint.metadata().map(metadata -> {
            refuseOtherThanModel(metadata);
            String architecture = metadata.text(ARCHITECTURE)
                    .orElseThrow(() -> new MalformedInputException(metadata.file(), ARCHITECTURE, "is missing", ""));
            if (!NAMES.contains(architecture)) {
                throw new UnsupportedInputException(
                        metadata.file(),
                        ARCHITECTURE,
                        "the architecture \"" + architecture + "\" is not supported",
                        "supported are " + String.join(", ", NAMES)
                                + "; of others, scan the checkpoint that the file was made from");
            }
            return new GgufModel(metadata, architecture).translated(checkpoint);
        });
    }

    private static void refuseOtherThanModel(GgufMetadata metadata) {
        switch (metadata.kind()) {
            case PROJECTOR ->
                throw new UnsupportedInputException(
                        metadata.file(),
                        "",
                        "is the part of a model that sees or hears (mmproj), without super weights",
                        "name the file of the model beside it");
            case ADAPTER ->
                throw new UnsupportedInputException(
                        metadata.file(),
                        "",
                        "is a LoRA adapter, not a model",
                        "merge it into its model with llama-export-lora of llama.cpp, and scan the result");
            case IMPORTANCE_MATRIX ->
                throw new UnsupportedInputException(
                        metadata.file(), "", "is an importance matrix, not a model", "name the file of the model");
            case MODEL -> {}
        }
    }

    private static final Pattern BLOCK = Pattern.compile("blk\\.(\\d{1,5})\\.(.+)");
    private static final Set<String> FREQUENCIES = Set.of("attn_rot_embd.weight", "rope_freqs.weight");
    private static final String OF_ACTIVATIONS = ".input_scale";
    private static final Pattern AT_THE_ENDS =
            Pattern.compile("(token_embd|output|output_norm|token_embd_norm|position_embd|token_types)\\..+");

    /** The architectures that are known, in the order of their list. */
    public static List<String> architectures() {
        return NAMES;
    }

    private static JsonNode mapping(GgufMetadata metadata, String architecture) {
        JsonNode mapping = resource(architecture);
        boolean hasExperts = metadata.integer(architecture + ".expert_count").orElse(0L) > 0;
        return hasExperts && mapping.hasNonNull("withExperts")
                ? resource(mapping.get("withExperts").textValue())
                : mapping;
    }

    private static JsonNode resource(String name) {
        JsonNode own = Descriptions.resource("gguf/" + name + ".json");
        if (!own.has("like")) {
            return own;
        }
        JsonNode like = resource(own.get("like").textValue());
        return Descriptions.merged(like, own);
    }

    private int experts() {
        return Math.toIntExact(
                Math.min(metadata.integer(architecture + ".expert_count").orElse(0L), ArchitectureReader.MAX_EXPERTS));
    }

    /**
     * Refuses a file with tensors that the architecture, as it is described here, does not read though they are part of
     * what is computed: those of its blocks and around its ends. Rotary frequencies are read for themselves, and what is
     * about images and sounds, about predicting further tokens or about quantizing activations is beside the model.
     */
    public static void refuseUnread(Architecture architecture, Checkpoint checkpoint) {
        Set<String> read = new HashSet<>();
        Parameters.of(architecture).keySet().forEach(name -> {
            read.add(name);
            checkpoint.find(name).flatMap(TensorInfo::scales).ifPresent(scales -> read.add(scales.tensor()));
        });
        checkpoint.tensors().values().stream()
                .filter(tensor -> !read.contains(tensor.name()))
                .filter(tensor -> isComputedWith(checkpoint.storedName(tensor), architecture.layers()))
                .findFirst()
                .ifPresent(tensor -> {
                    throw new UnsupportedInputException(
                            tensor.file(),
                            checkpoint.storedName(tensor),
                            "is not supported for the family " + architecture.family()
                                    + ", whose models do not have it",
                            "scan the checkpoint that the file was made from");
                });
    }

    private static boolean isComputedWith(String tensor, int layers) {
        if (tensor.endsWith(OF_ACTIVATIONS)) {
            return false;
        }
        Matcher block = BLOCK.matcher(tensor);
        return block.matches()
                ? Integer.parseInt(block.group(1)) < layers && !FREQUENCIES.contains(block.group(2))
                : AT_THE_ENDS.matcher(tensor).matches();
    }

    /** A key that nothing here knows may change what the model computes. */
    private void refuseUnknownKeys() {
        String prefix = architecture + ".";
        Set<String> known = GgufConfig.knownKeys(mapping);
        metadata.keys().stream()
                .filter(key -> key.startsWith(prefix) && !isKnown(known, key.substring(prefix.length())))
                .filter(key -> !isNothing(key))
                .findFirst()
                .ifPresent(key -> {
                    throw new UnsupportedInputException(
                            metadata.file(),
                            key,
                            "is not supported for the architecture \"" + architecture + "\"",
                            "scan the checkpoint that the file was made from");
                });
    }

    /** By itself, or by the first part of its name where all of that is known, such as what is about images. */
    private static boolean isKnown(Set<String> known, String key) {
        return known.contains(key) || known.contains(key.replaceFirst("\\..*", ".*"));
    }

    /** What is said to be as it is anyway: zero experts, no scale, and every token seeing those before it. */
    private boolean isNothing(String key) {
        Object value = metadata.value(key).orElseThrow();
        return key.endsWith(".attention.causal")
                ? value.equals(true)
                : value.equals(0L) || value.equals(0.0) || value.equals(false);
    }
}
