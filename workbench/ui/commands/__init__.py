"""What the actions do: one class a menu, one method an action, named as the action."""
