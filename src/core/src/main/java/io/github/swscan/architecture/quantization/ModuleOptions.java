package io.github.swscan.architecture.quantization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What options hold for a module, where they are not the same for all.
 *
 * @param general for those that no other options are said of
 * @param named by the names of modules
 * @param rules for modules that are not named, the first that matches
 */
record ModuleOptions(JsonNode general, Map<String, JsonNode> named, List<Rule> rules) {

    private static final String NOT_QUANTIZED = "-:";
    private static final String QUANTIZED = "+:";

    private record Rule(Pattern pattern, boolean fromStart, JsonNode options) {

        boolean matches(String module) {
            return fromStart
                    ? pattern.matcher(module).lookingAt()
                    : pattern.matcher(module).find();
        }
    }

    /** As gptqmodel's {@code dynamic} has them: patterns of the beginning of names; those that leave modules out come first. */
    static ModuleOptions dynamic(CodedTensors tensors) {
        List<Rule> left = new ArrayList<>();
        List<Rule> own = new ArrayList<>();
        tensors.options().path("dynamic").properties().forEach(entry -> {
            String pattern = entry.getKey();
            if (pattern.startsWith(NOT_QUANTIZED)) {
                String names = pattern.substring(NOT_QUANTIZED.length());
                left.add(new Rule(pattern(tensors, names), true, MissingNode.getInstance()));
            } else {
                String names = pattern.startsWith(QUANTIZED) ? pattern.substring(QUANTIZED.length()) : pattern;
                own.add(new Rule(pattern(tensors, names), true, entry.getValue()));
            }
        });
        left.addAll(own);
        return new ModuleOptions(tensors.options(), Map.of(), left);
    }

    /** As AutoRound's {@code extra_config} has them: names, or patterns of any part of them. */
    static ModuleOptions extra(CodedTensors tensors) {
        Map<String, JsonNode> named = new HashMap<>();
        List<Rule> rules = new ArrayList<>();
        tensors.options().path("extra_config").properties().forEach(entry -> {
            named.put(entry.getKey(), entry.getValue());
            rules.add(new Rule(pattern(tensors, entry.getKey()), false, entry.getValue()));
        });
        return new ModuleOptions(tensors.options(), named, rules);
    }

    private static Pattern pattern(CodedTensors tensors, String written) {
        try {
            return Pattern.compile(written);
        } catch (PatternSyntaxException e) {
            throw tensors.unsupported("the pattern " + written + " for names of modules");
        }
    }

    /**
     * An option.
     *
     * @param module a dot at the end
     * @return missing or null where nothing is said
     */
    JsonNode get(String module, String option) {
        String name = module.substring(0, module.length() - 1);
        JsonNode own = named.containsKey(name)
                ? named.get(name)
                : rules.stream()
                        .filter(rule -> rule.matches(name))
                        .findFirst()
                        .map(Rule::options)
                        .orElse(MissingNode.getInstance());
        return own.has(option) ? own.get(option) : general.path(option);
    }

    /** Whether an option is a whole number from one to another, for all modules or for any that has its own. */
    boolean anywhere(String option, int first, int last) {
        List<JsonNode> said = new ArrayList<>(List.of(general.path(option)));
        named.values().forEach(own -> said.add(own.path(option)));
        rules.forEach(rule -> said.add(rule.options().path(option)));
        return said.stream().anyMatch(number -> number.asInt() >= first && number.asInt() <= last);
    }
}
