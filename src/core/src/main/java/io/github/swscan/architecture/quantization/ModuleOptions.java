package io.github.swscan.architecture.quantization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    private record Rule(NamePattern pattern, boolean fromStart, JsonNode options) {

        boolean matches(String module) {
            return fromStart ? pattern.begins(module) : pattern.isIn(module);
        }
    }

    /**
     * As gptqmodel's {@code dynamic} has them: patterns of the beginning of names. Those that leave modules out say nothing of
     * the ones that are quantized.
     */
    static ModuleOptions dynamic(CodedTensors tensors) {
        List<Rule> rules = new ArrayList<>();
        tensors.options().path("dynamic").properties().stream()
                .filter(entry -> !entry.getKey().startsWith(NOT_QUANTIZED))
                .forEach(entry -> {
                    String pattern = entry.getKey();
                    String names = pattern.startsWith(QUANTIZED) ? pattern.substring(QUANTIZED.length()) : pattern;
                    rules.add(new Rule(NamePattern.of(tensors, names), true, entry.getValue()));
                });
        return new ModuleOptions(tensors.options(), Map.of(), rules);
    }

    /** As AutoRound's {@code extra_config} has them: names, or patterns of any part of them. */
    static ModuleOptions extra(CodedTensors tensors) {
        Map<String, JsonNode> named = new HashMap<>();
        List<Rule> rules = new ArrayList<>();
        tensors.options().path("extra_config").properties().forEach(entry -> {
            if (isModule(tensors, entry.getKey())) {
                named.put(entry.getKey(), entry.getValue());
            } else {
                rules.add(new Rule(NamePattern.of(tensors, entry.getKey()), false, entry.getValue()));
            }
        });
        return new ModuleOptions(tensors.options(), named, rules);
    }

    private static boolean isModule(CodedTensors tensors, String name) {
        return tensors.find(name + ".qweight").isPresent()
                || tensors.find(name + ".weight").isPresent();
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
