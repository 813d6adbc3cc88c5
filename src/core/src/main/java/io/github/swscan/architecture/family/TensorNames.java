package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Turns the names of tensors in files of another layout into those of a family's own checkpoints, by templates such as
 * {@code blk.{layer}.ffn_down} for {@code model.layers.{layer}.mlp.down_proj}. Where only the family's name has an {@code
 * {expert}}, the tensor holds the matrices of all experts. A template for a name that ends in {@code .weight} is for whole
 * names; others have an ending added, such as {@code .weight} or {@code .bias}.
 */
final class TensorNames {

    private static final String LAYER = "{layer}";
    private static final String EXPERT = "{expert}";
    private static final String WEIGHT = ".weight";
    private static final String ENDING = "{ending}";

    private final Map<Pattern, String> templates = new LinkedHashMap<>();
    private final int experts;
    private final String endings;

    /**
     * @param experts how many a layer has
     * @param endings what is added to templates
     */
    TensorNames(JsonNode templates, int experts, List<String> endings) {
        this.experts = experts;
        this.endings = endings.stream().map(Pattern::quote).collect(Collectors.joining("|", "(?<ending>", ")"));
        templates
                .properties()
                .forEach(entry -> put(entry.getKey(), entry.getValue().textValue()));
    }

    private void put(String stored, String name) {
        boolean whole = name.endsWith(WEIGHT);
        templates.put(pattern(whole ? stored : stored + ENDING), whole ? name : name + ENDING);
    }

    private Pattern pattern(String template) {
        return Pattern.compile(template.replace(".", "\\.")
                .replace(LAYER, "(?<layer>\\d{1,5})")
                .replace(EXPERT, "(?<expert>\\d{1,5})")
                .replace(ENDING, endings));
    }

    /** The names for a stored tensor: one, one for each expert, or its own where there is no template for it. */
    List<String> familyNames(String stored) {
        for (Map.Entry<Pattern, String> template : templates.entrySet()) {
            Matcher matcher = template.getKey().matcher(stored);
            if (matcher.matches()) {
                String name = template.getValue().endsWith(ENDING)
                        ? template.getValue().replace(ENDING, matcher.group("ending"))
                        : template.getValue();
                boolean inLayer = name.contains(LAYER);
                String inModel = inLayer ? name.replace(LAYER, matcher.group("layer")) : name;
                if (!inModel.contains(EXPERT)) {
                    return List.of(inModel);
                }
                return template.getKey().pattern().contains("<expert>")
                        ? List.of(inModel.replace(EXPERT, matcher.group("expert")))
                        : IntStream.range(0, experts)
                                .mapToObj(expert -> inModel.replace(EXPERT, Integer.toString(expert)))
                                .toList();
            }
        }
        return List.of(stored);
    }
}
