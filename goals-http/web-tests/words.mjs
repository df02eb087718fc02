// The names a person finds things by, in both languages: the contract of the page.

export const WORDS = {
  'en-US': {
    lang: 'en', goals: 'My goals', signIn: 'Sign in', register: 'Create account', newGoal: 'New goal', save: 'Save', edit: 'Edit',
    complete: 'Complete', completed: 'Completed', archive: 'Archive', archived: 'Archived', delete: 'Delete', undo: 'Undo', settings: 'Settings',
    signOut: 'Sign out', restore: 'Restore', purge: 'Delete for good', trash: 'Trash', more: 'More', allGoals: 'All goals',
    username: 'Username', email: 'Email', password: 'Password', title: 'Title', description: 'Description', deadline: 'Deadline',
    start: 'Start', priority: 'Priority', high: 'High priority', tags: 'Tags', icon: 'Icon', color: 'Teal', customise: 'Customise',
    search: 'Search goals', show: 'Show', all: 'All', open: 'Open', first: 'Set your first goal', addField: 'Add a field',
    fieldName: 'Name', fieldContent: 'Content', overdue: '3 days overdue', tag: 'Tag', pause: 'Pause', paused: 'Paused', resume: 'Resume',
    drop: 'Drop', dropped: 'Dropped', reopen: 'Reopen', unarchive: 'Unarchive', language: 'Language', other: 'Português (Brasil)',
  },
  'pt-BR': {
    lang: 'pt-BR', goals: 'Minhas metas', signIn: 'Entrar', register: 'Criar conta', newGoal: 'Nova meta', save: 'Salvar', edit: 'Editar',
    complete: 'Concluir', completed: 'Concluída', archive: 'Arquivar', archived: 'Arquivadas', delete: 'Excluir', undo: 'Desfazer', settings: 'Configurações',
    signOut: 'Sair', restore: 'Restaurar', purge: 'Excluir de vez', trash: 'Lixeira', more: 'Mais', allGoals: 'Todas as metas',
    username: 'Nome de usuário', email: 'E-mail', password: 'Senha', title: 'Título', description: 'Descrição', deadline: 'Prazo',
    start: 'Início', priority: 'Prioridade', high: 'Prioridade alta', tags: 'Etiquetas', icon: 'Ícone', color: 'Turquesa', customise: 'Personalizar',
    search: 'Buscar metas', show: 'Mostrar', all: 'Todas', open: 'Em aberto', first: 'Definir a primeira meta', addField: 'Adicionar campo',
    fieldName: 'Nome', fieldContent: 'Conteúdo', overdue: '3 dias de atraso', tag: 'Etiqueta', pause: 'Pausar', paused: 'Pausada', resume: 'Retomar',
    drop: 'Abandonar', dropped: 'Abandonada', reopen: 'Reabrir', unarchive: 'Desarquivar', language: 'Idioma', other: 'English',
  },
};
