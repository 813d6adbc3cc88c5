package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.input.MalformedInputException;
import java.util.Optional;

/**
 * The model of files that are laid out in another way than those of the Hugging Face ecosystem, in the terms of its family
 * there.
 *
 * @param config what its config.json would say
 * @param checkpoint the tensors under the names that they have in the family's own checkpoints
 * @param storage what is stored in another way than those have it, laid over the family's description
 * @param whole what the larger model is called that this is the text part of
 */
public record TranslatedModel(Config config, Checkpoint checkpoint, JsonNode storage, Optional<String> whole) {

    /**
     * Describes the model.
     *
     * @param given a config.json that stands in place of what the files say
     * @throws io.github.swscan.input.InputException naming the option that is malformed or not supported, or if the
     *     given one is for another family
     */
    public Architecture describe(Optional<Config> given) {
        given.filter(other -> !other.modelType().equals(config.modelType())).ifPresent(other -> {
            throw new MalformedInputException(
                    other.file(),
                    "model_type",
                    "is \"" + other.modelType() + "\", but the files hold a model of the family \"" + config.modelType()
                            + "\"",
                    "leave the option away: the files describe themselves");
        });
        Config said = given.orElse(config);
        return Families.describe(said, said, checkpoint.tensors().keySet(), storage, whole);
    }
}
