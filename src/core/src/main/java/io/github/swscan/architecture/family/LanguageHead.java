package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.regex.Pattern;

/** Tells models that predict tokens from embedders, classifiers and reward models, which have the same blocks. */
final class LanguageHead {

    /** Classes without a language-modelling head, as transformers and those that follow it name them. */
    private static final Pattern WITHOUT = Pattern.compile(
            ".*(?<!LMHead|DoubleHeads)Model|.*For(Sequence|Token|Image|Audio)Classification|.*ForQuestionAnswering|"
                    + ".*ForMultipleChoice|.*For(Reward|RewardModel(ing)?|Embedding|SequenceEmbedding|Retrieval)");

    private LanguageHead() {}

    /**
     * Whether the checkpoint has no head of its own, and none that it shares with the embedding: either it should have
     * one of its own, or config.json names a class that has none.
     *
     * @param tensor the name of the head, without {@code .weight}
     * @param tied whether the table of the embedding is the head as well
     * @param tensors those of the checkpoint; none if they are not known
     */
    static boolean isAbsent(String tensor, boolean tied, Set<String> tensors, Config config) {
        boolean stored = tensors.stream().anyMatch(name -> name.startsWith(tensor + "."));
        return !tensors.isEmpty()
                && !stored
                && (!tied || isOfClassWithout(config.options().get("architectures")));
    }

    private static boolean isOfClassWithout(JsonNode classes) {
        return classes != null
                && classes.isArray()
                && !classes.isEmpty()
                && WITHOUT.matcher(classes.get(0).asText()).matches();
    }
}
